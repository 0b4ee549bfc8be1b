//! The command line of the trainer.

use candle_core::quantized::GgmlDType;
use clap::{Args, Parser, Subcommand};
use std::{fs, path::PathBuf, process::ExitCode};
use wisp_trainer::{
    Error, Result,
    answer::Answerer,
    checkpoint,
    corpus::{Corpus, Split},
    dialogue::{Dialogue, Message, Role},
    exam, export,
    model::{Config, Model},
    tokenizer::Tokenizer,
    train::{self, Length, Plan},
};

/// Makes wisp, the model that ships inside llmspell.
#[derive(Parser)]
#[command(name = "wisp-trainer")]
struct Cli {
    /// Folder for the vocabulary and the checkpoints
    #[arg(long, global = true, default_value = "target/wisp")]
    dir: PathBuf,
    /// The model file that is written by `export` and read by `eval` and `ask`
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
    Train(Training),
    /// Write the GGUF file
    Export,
    /// Score the model on questions that it has never seen
    Eval(Exam),
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
    /// Tokens, control tokens and bytes included
    #[arg(long, default_value_t = 1024)]
    vocabulary: usize,
}

#[derive(Args)]
struct Training {
    /// Training time, that of resumed runs included
    #[arg(long, default_value_t = 47.0)]
    minutes: f64,
    /// Go on from the last checkpoint
    #[arg(long)]
    resume: bool,
    /// Threads (default: all cores)
    #[arg(long)]
    threads: Option<usize>,
    /// Tokens in a batch
    #[arg(long, default_value_t = 1024)]
    batch: usize,
    /// Highest learning rate
    #[arg(long, default_value_t = 2.5e-3)]
    rate: f64,
}

#[derive(Args)]
struct Exam {
    /// Questions for each skill
    #[arg(long, default_value_t = 100)]
    count: u64,
    /// Ask in phrasings that were trained, to compare
    #[arg(long)]
    taught: bool,
    /// Show wrong answers
    #[arg(long)]
    mistakes: bool,
}

fn main() -> ExitCode {
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
        Command::Train(training) => train(cli, training),
        Command::Export => write(cli),
        Command::Eval(exam) => eval(cli, exam),
        Command::Ask { system, turns } => ask(cli, system.as_deref(), turns),
        Command::All {
            vocabulary,
            training,
            exam,
        } => {
            tokenizer(cli, vocabulary)?;
            train(cli, training)?;
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
    let tokenizer = Tokenizer::load(&tokenizer_path(cli))?;
    let reason = "there is none yet, run `wisp-trainer train`".to_string();
    let progress = checkpoint::progress(&cli.dir)?.ok_or_else(|| Error::Checkpoint {
        path: cli.dir.clone(),
        reason,
    })?;
    let model = Model::new(progress.config, progress.seed)?;
    checkpoint::load(&cli.dir, &model)?;
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
    let texts = Corpus::new(cli.seed).texts(20_000);
    let tokenizer = Tokenizer::train(&texts, args.vocabulary)?;
    tokenizer.save(&tokenizer_path(cli))?;
    println!(
        "{} tokens in {}",
        tokenizer.size(),
        tokenizer_path(cli).display()
    );
    Ok(())
}

fn train(cli: &Cli, args: &Training) -> Result<()> {
    if let Some(threads) = args.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build_global()
            .expect("the pool is built once, before it is used");
    }
    let tokenizer = Tokenizer::load(&tokenizer_path(cli))?;
    let plan = Plan {
        dir: cli.dir.clone(),
        config: Config::wisp(tokenizer.size()),
        seed: cli.seed,
        batch_tokens: args.batch,
        rate: args.rate,
        length: Length::Minutes(args.minutes),
        pause_at: None,
        resume: args.resume,
        save_every: 100,
        report_every: 10,
    };
    train::train(&plan, &tokenizer).map(drop)
}

fn write(cli: &Cli) -> Result<()> {
    let (tokenizer, model) = trained(cli)?;
    let bytes = export::export(&model, &tokenizer, GgmlDType::Q8_0, &cli.model)?;
    println!(
        "{} parameters, {bytes} bytes in {}",
        model.size(),
        cli.model.display()
    );
    Ok(())
}

fn eval(cli: &Cli, args: &Exam) -> Result<()> {
    let answerer = Answerer::open(&cli.model)?;
    let mut answers = |prompts: &[&[Message]]| answerer.greedy(prompts);
    let report = exam::run(
        &Corpus::new(cli.seed),
        split(!args.taught),
        args.count,
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

fn ask(cli: &Cli, system: Option<&str>, turns: &[String]) -> Result<()> {
    let answerer = Answerer::open(&cli.model)?;
    let mut dialogue = Dialogue::default();
    if let Some(system) = system {
        dialogue = dialogue.under(system);
    }
    for turn in turns {
        let question = Message {
            role: Role::User,
            text: turn.clone(),
        };
        dialogue.messages.push(question);
        let text = answerer.greedy(&[&dialogue.messages])?.concat();
        println!("> {turn}\n{text}");
        dialogue.messages.push(Message {
            role: Role::Assistant,
            text,
        });
    }
    Ok(())
}
