//! The command line of the trainer.

mod allocator;

use candle_core::quantized::GgmlDType;
use clap::{Args, Parser, Subcommand, builder::PossibleValuesParser};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
};
use wisp_trainer::{
    Error, Result,
    answer::Answerer,
    checkpoint::{self, Progress},
    corpus::{Corpus, SKILLS, Skill, Split},
    dialogue::{Dialogue, Message, Prompt, Role},
    exam, export,
    model::{Config, Model},
    tokenizer::Tokenizer,
    train::{self, Plan, Start},
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
    /// Print dialogues of the corpus, one JSON object a line
    Corpus {
        /// How many
        #[arg(long, default_value_t = 20)]
        count: u64,
        /// Print what the exam asks instead of what is trained
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
    #[arg(long, default_value_t = 1280)]
    vocabulary: usize,
}

#[derive(Args)]
struct Training {
    /// Training steps, those of resumed runs included
    #[arg(long, default_value = "20000")]
    steps: NonZeroUsize,
    /// Go on from the last checkpoint, when there is one
    #[arg(long)]
    resume: bool,
    /// Threads that share each batch; another number rounds differently
    #[arg(long, default_value = "2")]
    threads: NonZeroUsize,
    /// Tokens in a batch
    #[arg(long, default_value = "1536")]
    batch: NonZeroUsize,
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
    fs::create_dir_all(&cli.dir).map_err(Error::file(&cli.dir))?;
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

fn corpus(cli: &Cli, count: u64, held_out: bool) -> Result<()> {
    let corpus = Corpus::new(cli.seed);
    for index in 0..count {
        let json = serde_json::to_string(&corpus.dialogue(split(held_out), index));
        println!("{}", json.map_err(Error::json("the corpus"))?);
    }
    Ok(())
}

fn tokenizer(cli: &Cli, args: &Vocabulary) -> Result<()> {
    let corpus = Corpus::new(cli.seed);
    let (texts, fixed) = (corpus.texts(20_000), corpus.fixed_texts(10_000));
    let tokenizer = Tokenizer::train(&texts, &fixed, args.vocabulary)?;
    tokenizer.save(&tokenizer_path(cli))?;
    println!(
        "{} tokens in {}",
        tokenizer.size(),
        tokenizer_path(cli).display()
    );
    Ok(())
}

/// The vocabulary of a run, and where it begins.
fn start(cli: &Cli, resume: bool, from: Option<&Path>) -> Result<(Tokenizer, Start)> {
    if resume && checkpoint::progress(&cli.dir)?.is_some() {
        return Ok((checkpoint::vocabulary(&cli.dir)?, Start::Checkpoint));
    }
    if let Some(path) = from {
        let (tokenizer, model) = export::import(path)?;
        return Ok((tokenizer, Start::Trained(model.config, model.weights)));
    }
    let tokenizer = Tokenizer::load(&tokenizer_path(cli))?;
    let config = Config::wisp(tokenizer.size());
    Ok((tokenizer, Start::Random(config)))
}

fn train(cli: &Cli, args: &Training, from: Option<&Path>) -> Result<()> {
    let (tokenizer, start) = start(cli, args.resume, from)?;
    let plan = Plan {
        dir: cli.dir.clone(),
        start,
        seed: cli.seed,
        batch_tokens: args.batch.get(),
        threads: args.threads.get(),
        steps: args.steps.get(),
        pause_at: None,
        save_every: 100,
    };
    let bar = ProgressBar::new(plan.steps as u64).with_style(
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
    let questions = |skill| exam::questions(&corpus, skill, Split::HeldOut);
    let mut skills: Vec<_> = SKILLS.iter().map(questions).collect();
    let mut prompts = Vec::new();
    for skill in (0..skills.len()).cycle().take(count) {
        for dialogue in &mut skills[skill] {
            if answerer.fits(dialogue.prompt())? {
                prompts.push(answerer.rendered(dialogue.prompt())?);
                break;
            }
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
