//! The command line of the trainer.

mod allocator;

use candle_core::quantized::GgmlDType;
use clap::{Args, Parser, Subcommand, builder::PossibleValuesParser};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs,
    io::Write,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
};
use wisp_trainer::{
    Error, Result,
    answer::Answerer,
    checkpoint::{self, Progress},
    corpus::{Corpus, FIRST_LESSON, SKILLS, Skill, Split},
    dialogue::{Dialogue, Message, Prompt, Role},
    exam, export,
    model::{Config, Model},
    tokenizer::Tokenizer,
    train::{self, Plan, Settings, Start},
};

/// Makes wisp, the model that ships inside llmspell.
#[derive(Parser)]
#[command(name = "wisp-trainer")]
struct Cli {
    /// Folder for the vocabulary and the checkpoints
    #[arg(long, global = true, default_value = "target/wisp")]
    dir: PathBuf,
    /// The model file that is written by `export` and read by `eval`, `prompts` and `ask`
    #[arg(long, global = true, default_value = "runtime/models/wisp/wisp.gguf")]
    model: PathBuf,
    /// Seed of the corpus and of the first weights
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print dialogues of the corpus past its first lessons, one JSON object a line
    Corpus {
        /// How many
        #[arg(long, default_value_t = 20)]
        count: usize,
        /// Print questions of the exam instead, of all skills in turn
        #[arg(long)]
        held_out: bool,
    },
    /// Train the vocabulary
    Tokenizer(Vocabulary),
    /// Train the model
    Train {
        #[command(flatten)]
        training: Training,
        /// Start from the weights and the vocabulary of this model file, past the corpus's first lessons;
        /// with another --seed the dialogues are new to it
        #[arg(long, conflicts_with = "resume")]
        from: Option<PathBuf>,
    },
    /// Write the GGUF file
    Export,
    /// Score the model on questions that it has never seen
    Eval(Exam),
    /// Print questions of the exam as the chat template renders them, as a JSON list
    Prompts {
        /// How many, of all skills in turn
        #[arg(long, default_value_t = 50)]
        count: usize,
    },
    /// Talk to the model: each argument is one turn
    Ask {
        /// A system prompt
        #[arg(long)]
        system: Option<String>,
        /// What to say
        #[arg(required = true)]
        turns: Vec<String>,
    },
    /// All of it: vocabulary, training, export, scores
    All {
        #[command(flatten)]
        vocabulary: Vocabulary,
        #[command(flatten)]
        training: Training,
        #[command(flatten)]
        exam: Exam,
    },
}

#[derive(Args)]
struct Vocabulary {
    /// Tokens at most, control tokens and bytes included; there are fewer when the corpus has no more to join
    #[arg(long, default_value_t = 1280, value_parser = clap::value_parser!(u32).range(300..=20_000))]
    vocabulary: u32,
}

#[derive(Args)]
struct Training {
    /// Training steps, those of resumed runs included [default: 20000, or as the run began]
    #[arg(long)]
    steps: Option<NonZeroUsize>,
    /// Go on from the last checkpoint, when there is one
    #[arg(long)]
    resume: bool,
    /// Threads that share each batch; another number rounds differently [default: 2, or as the run began]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Tokens in a batch [default: 1536, or as the run began]
    #[arg(long)]
    batch: Option<NonZeroUsize>,
}

impl Training {
    /// What is asked for, and for the rest `known`.
    fn settings(&self, known: Settings) -> Settings {
        let or = |asked: Option<NonZeroUsize>, known| asked.map_or(known, NonZeroUsize::get);
        Settings {
            steps: or(self.steps, known.steps),
            batch_tokens: or(self.batch, known.batch_tokens),
            threads: or(self.threads, known.threads),
        }
    }
}

#[derive(Args)]
struct Exam {
    /// Only this skill
    #[arg(long, value_parser = PossibleValuesParser::new(SKILLS.iter().map(|skill| skill.name)))]
    skill: Option<String>,
    /// Questions for each skill, fewer where it has no more
    #[arg(long, default_value = "200")]
    count: NonZeroUsize,
    /// Ask in phrasings that were trained, to compare
    #[arg(long)]
    taught: bool,
    /// Show wrong answers
    #[arg(long)]
    mistakes: bool,
}

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wisp-trainer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    match &cli.command {
        Command::Corpus { count, held_out } => corpus(cli, *count, *held_out),
        Command::Tokenizer(vocabulary) => tokenizer(cli, vocabulary),
        Command::Train { training, from } => train(cli, training, from.as_deref()),
        Command::Export => write(cli),
        Command::Eval(exam) => eval(cli, exam),
        Command::Prompts { count } => prompts(cli, *count),
        Command::Ask { system, turns } => ask(cli, system.as_deref(), turns),
        Command::All {
            vocabulary,
            training,
            exam,
        } => {
            former_run(cli, training.resume)?;
            if !(training.resume && tokenizer_path(cli).exists()) {
                tokenizer(cli, vocabulary)?;
            }
            train(cli, training, None)?;
            write(cli)?;
            eval(cli, exam)
        }
    }
}

fn tokenizer_path(cli: &Cli) -> PathBuf {
    cli.dir.join("tokenizer.json")
}

/// The vocabulary and the model of the last checkpoint.
fn trained(cli: &Cli) -> Result<(Tokenizer, Model)> {
    let path = cli.dir.clone();
    let progress = checkpoint::progress(&cli.dir)?.ok_or(Error::NoCheckpoint { path })?;
    let tokenizer = checkpoint::vocabulary(&cli.dir)?;
    let mut model = Model::new(progress.config, progress.seed);
    checkpoint::load(&cli.dir, &mut model)?;
    Ok((tokenizer, model))
}

fn split(held_out: bool) -> Split {
    if held_out {
        Split::HeldOut
    } else {
        Split::Train
    }
}

fn corpus(cli: &Cli, count: usize, held_out: bool) -> Result<()> {
    let corpus = Corpus::new(cli.seed);
    let trained = (FIRST_LESSON..).map(|index| corpus.dialogue(Split::Train, index));
    let dialogues: Box<dyn Iterator<Item = Dialogue>> = match held_out {
        true => Box::new(exam::questions_in_turn(&corpus, Split::HeldOut)),
        false => Box::new(trained),
    };
    let mut out = std::io::stdout().lock();
    for dialogue in dialogues.take(count) {
        let json = serde_json::to_string(&dialogue).map_err(Error::json("the corpus"))?;
        writeln!(out, "{json}").map_err(Error::file("standard output"))?;
    }
    Ok(())
}

fn tokenizer(cli: &Cli, args: &Vocabulary) -> Result<()> {
    let corpus = Corpus::new(cli.seed);
    let (texts, fixed) = (corpus.texts(20_000), corpus.fixed_texts(10_000));
    let tokenizer = Tokenizer::train(&texts, &fixed, args.vocabulary as usize)?;
    fs::create_dir_all(&cli.dir).map_err(Error::file(&cli.dir))?;
    tokenizer.save(&tokenizer_path(cli))?;
    println!(
        "{} tokens in {}",
        tokenizer.size(),
        tokenizer_path(cli).display()
    );
    Ok(())
}

/// The run that is to go on. One that is not is never lost to another.
fn former_run(cli: &Cli, resume: bool) -> Result<Option<Progress>> {
    match checkpoint::progress(&cli.dir)? {
        Some(former) if !resume => Err(Error::OtherRun {
            path: cli.dir.clone(),
            step: former.step,
        }),
        former => Ok(former),
    }
}

/// The vocabulary of a run that does not go on, and where it begins.
fn start(cli: &Cli, from: Option<&Path>) -> Result<(Tokenizer, Start)> {
    if let Some(path) = from {
        let (tokenizer, model) = export::import(path)?;
        return Ok((tokenizer, Start::Trained(model.config, model.weights)));
    }
    let path = tokenizer_path(cli);
    if !path.exists() {
        return Err(Error::NoVocabulary { path });
    }
    let tokenizer = Tokenizer::load(&path)?;
    let config = Config::wisp(tokenizer.size());
    Ok((tokenizer, Start::Random(config)))
}

fn train(cli: &Cli, args: &Training, from: Option<&Path>) -> Result<()> {
    let former = former_run(cli, args.resume)?;
    let (tokenizer, start) = match former {
        Some(_) => (checkpoint::vocabulary(&cli.dir)?, Start::Checkpoint),
        None => start(cli, from)?,
    };
    let known = former.as_ref().map(|former| former.settings);
    let settings = args.settings(known.unwrap_or_default());
    if let Some(known) = known.filter(|known| *known != settings) {
        eprintln!("wisp-trainer: this run began with {known} and goes on with {settings}");
    }
    let plan = Plan {
        dir: cli.dir.clone(),
        start,
        seed: cli.seed,
        settings,
        pause_at: None,
        save_every: 100,
    };
    let done = former.map_or(0, |former| former.step as u64);
    let bar = ProgressBar::new(settings.steps as u64).with_position(done);
    bar.reset_eta();
    let bar = bar.with_style(
        ProgressStyle::with_template("{bar:30} step {pos} of {len}, {msg}, {eta} left")
            .expect("the template is a constant that was tried"),
    );
    train::train(&plan, &tokenizer, &mut |progress| show(&bar, progress))?;
    bar.finish();
    Ok(())
}

/// Moves the bar, or without a terminal prints a line now and then.
fn show(bar: &ProgressBar, progress: &Progress) {
    let rate = progress.tokens as f64 / progress.seconds;
    let text = format!("loss {:.4}, {rate:.0} tokens/s", progress.loss);
    bar.set_position(progress.step as u64);
    if !bar.is_hidden() {
        bar.set_message(text);
    } else if progress.step.is_multiple_of(20) {
        println!("step {}, {text}", progress.step);
    }
}

fn write(cli: &Cli) -> Result<()> {
    let (tokenizer, model) = trained(cli)?;
    let bytes = export::export(&model, &tokenizer, GgmlDType::Q8_0, &cli.model)?;
    println!(
        "{} parameters, {bytes} bytes in {}",
        model.weights.size(),
        cli.model.display()
    );
    Ok(())
}

fn eval(cli: &Cli, args: &Exam) -> Result<()> {
    let answerer = Answerer::open(&cli.model)?;
    let mut answers = |prompts: &[Prompt]| answerer.greedy(prompts);
    let wanted = |skill: &&Skill| args.skill.as_ref().is_none_or(|name| skill.name == name);
    let report = exam::run(
        &Corpus::new(cli.seed),
        SKILLS.iter().filter(wanted),
        split(!args.taught),
        args.count.get(),
        |prompt| answerer.fits(prompt),
        &mut answers,
    )?;
    println!("{report}");
    for score in report.0.iter().filter(|_| args.mistakes) {
        for exam::Mistake {
            question,
            answer,
            expected,
        } in &score.mistakes
        {
            println!(
                "{}: {question}\n  got       {answer}\n  expected  {expected}",
                score.skill
            );
        }
    }
    Ok(())
}

fn prompts(cli: &Cli, count: usize) -> Result<()> {
    let (answerer, corpus) = (Answerer::open(&cli.model)?, Corpus::new(cli.seed));
    let mut prompts = Vec::new();
    for dialogue in exam::questions_in_turn(&corpus, Split::HeldOut) {
        if prompts.len() == count {
            break;
        }
        if answerer.fits(dialogue.prompt())? {
            prompts.push(answerer.rendered(dialogue.prompt())?);
        }
    }
    let json = serde_json::to_string_pretty(&prompts).map_err(Error::json("the prompts"))?;
    println!("{json}");
    Ok(())
}

fn ask(cli: &Cli, system: Option<&str>, turns: &[String]) -> Result<()> {
    let answerer = Answerer::open(&cli.model)?;
    let mut dialogue = Dialogue::default();
    if let Some(system) = system {
        dialogue = dialogue.under(system);
    }
    for turn in turns {
        dialogue.messages.push(Message::new(Role::User, turn));
        let prompt = Prompt {
            tools: &[],
            messages: &dialogue.messages,
        };
        let text = answerer.greedy(&[prompt])?.concat();
        println!("> {turn}\n{text}");
        dialogue.messages.push(Message::new(Role::Assistant, text));
    }
    Ok(())
}
