//! The kinds of pre-tokenizer, as data.
//!
//! Source: the `pre_tokenizer` of each model's `tokenizer.json`, and the names that llama.cpp's
//! converter writes into `tokenizer.ggml.pre`.

/// What happens to a match that is all white space and is followed by something else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spaces {
    /// It stays whole.
    Whole,
    /// Its last character is left to what follows.
    LeaveOne,
    /// The same, unless it ends in a line break, which a branch of its own matched.
    LeaveOneOnLine,
}

pub(super) struct Kind {
    pub names: &'static [&'static str],
    /// Each pass cuts the pieces of the one before; what a pattern does not match is a piece too.
    pub passes: &'static [(&'static str, Spaces)],
    /// A word that is a token is not merged at all.
    pub whole_words: bool,
    /// A sequence begins with BOS unless the file says otherwise.
    pub begins: bool,
}

const GPT2: (&str, Spaces) = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+",
    Spaces::LeaveOne,
);

const CL100K: (&str, Spaces) = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+",
    Spaces::LeaveOneOnLine,
);

const BLOOM: (&str, Spaces) = (
    r" ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+",
    Spaces::Whole,
);

/// `[一-龥ࠀ-一가-퟿]+`: ideographs, Hangul, and all between U+0800 and U+4E00.
const EAST_ASIAN: (&str, Spaces) = (
    r"[\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+",
    Spaces::Whole,
);

/// The letters that have case in Unicode 11, less a few; spelled out, since it is no class.
const DEEPSEEK_LETTERS: (&str, Spaces) = (
    r"(?x: \s? [
    A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}
    \x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}
    \x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}
    \x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}
    \x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}
    \x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}
    \x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}
    \x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}
    \x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}
    \x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}
    \x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}
    \x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}
    \x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}
    \x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}
    \x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}
    ]+ )",
    Spaces::Whole,
);

pub(super) const KINDS: &[Kind] = &[
    Kind {
        names: &["default"],
        passes: &[
            (r"[\p{P}\$\+<=>\^~\|]+", Spaces::Whole),
            GPT2,
            (r"\p{N}+", Spaces::Whole),
            (r"[0-9][0-9][0-9]", Spaces::Whole),
        ],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &[
            "gpt-2",
            "phi-2",
            "roberta-bpe",
            "mpt",
            "olmo",
            "jais",
            "jina-es",
            "jina-de",
            "jina-v1-en",
            "jina-v2-es",
            "jina-v2-de",
            "jina-v2-code",
            "gigachat",
            "trillion",
            "granite-docling",
            "a.x-4.0",
            "mellum",
            "modern-bert",
            "exaone4",
        ],
        passes: &[GPT2],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &[
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
        ],
        passes: &[CL100K],
        whole_words: true,
        begins: true,
    },
    Kind {
        names: &["smaug-bpe", "dbrx", "chatglm-bpe", "glm4"],
        passes: &[CL100K],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["gpt-4o", "llama4", "kanana2", "minimax-m2"],
        passes: &[(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &[
            "qwen2",
            "deepseek-r1-qwen",
            "stablelm2",
            "megrez",
            "kormo",
            "hunyuan",
            "solar-open",
            "grok-2",
        ],
        passes: &[(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["qwen35"],
        passes: &[(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["seed-coder"],
        passes: &[(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["bailingmoe", "bailingmoe2", "llada-moe"],
        passes: &[(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["deepseek-v3", "hunyuan-dense", "joyai-llm"],
        passes: &[
            (r"\p{N}{1,3}", Spaces::Whole),
            (
                r"[\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+",
                Spaces::Whole,
            ),
            (
                r"[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+",
                Spaces::LeaveOneOnLine,
            ),
        ],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["bloom", "poro-chat", "gpt3-finnish"],
        passes: &[BLOOM],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["viking"],
        passes: &[BLOOM, (r"\p{N}", Spaces::Whole)],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &[
            "smollm",
            "starcoder",
            "refact",
            "command-r",
            "codeshell",
            "exaone",
            "minerva-7b",
            "mellum2",
        ],
        passes: &[(r"\p{N}", Spaces::Whole), GPT2],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["falcon"],
        passes: &[
            (r"[\p{P}\$\+<=>\^~\|`]+", Spaces::Whole),
            GPT2,
            (r"[0-9][0-9][0-9]", Spaces::Whole),
        ],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["deepseek-llm"],
        passes: &[
            (r"[\r\n]", Spaces::Whole),
            DEEPSEEK_LETTERS,
            (
                r"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+",
                Spaces::Whole,
            ),
            (r"\s+$", Spaces::Whole),
            EAST_ASIAN,
            (r"\p{N}+", Spaces::Whole),
        ],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["deepseek-coder"],
        passes: &[
            (r"[\r\n]", Spaces::Whole),
            (r"\s?\p{L}+", Spaces::Whole),
            (r"\s?\p{P}+", Spaces::Whole),
            EAST_ASIAN,
            (r"\p{N}", Spaces::Whole),
        ],
        whole_words: false,
        begins: false,
    },
    Kind {
        names: &["tekken"],
        passes: &[(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+",
            Spaces::LeaveOneOnLine,
        )],
        whole_words: true,
        begins: true,
    },
];
