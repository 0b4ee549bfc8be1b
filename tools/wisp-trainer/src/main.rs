//! The command line of the trainer.

use clap::{Args, Parser, Subcommand};
use std::{fs, path::PathBuf, process::ExitCode};
use wisp_trainer::{
    Error, Result,
    corpus::{Corpus, Split},
    model::Config,
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
    Tokenizer {
        /// Tokens, control tokens and bytes included
        #[arg(long, default_value_t = 1024)]
        vocabulary: usize,
    },
    /// Train the model
    Train(Training),
}

#[derive(Args)]
struct Training {
    /// Training time
    #[arg(long, default_value_t = 35.0)]
    minutes: f64,
    /// Go on from the last checkpoint
    #[arg(long)]
    resume: bool,
    /// Threads (default: all cores)
    #[arg(long)]
    threads: Option<usize>,
    /// Tokens in a batch
    #[arg(long, default_value_t = 2048)]
    batch: usize,
    /// Highest learning rate
    #[arg(long, default_value_t = 3e-3)]
    rate: f64,
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
        Command::Tokenizer { vocabulary } => tokenizer(cli, *vocabulary),
        Command::Train(training) => train(cli, training),
    }
}

fn tokenizer_path(cli: &Cli) -> PathBuf {
    cli.dir.join("tokenizer.json")
}

fn corpus(cli: &Cli, count: u64, held_out: bool) -> Result<()> {
    let corpus = Corpus::new(cli.seed);
    let split = if held_out { Split::HeldOut } else { Split::Train };
    for index in 0..count {
        let json = serde_json::to_string(&corpus.dialogue(split, index));
        println!("{}", json.map_err(Error::json("the corpus"))?);
    }
    Ok(())
}

fn tokenizer(cli: &Cli, vocabulary: usize) -> Result<()> {
    let texts = Corpus::new(cli.seed).texts(20_000);
    let tokenizer = Tokenizer::train(&texts, vocabulary)?;
    tokenizer.save(&tokenizer_path(cli))?;
    println!("{} tokens in {}", tokenizer.size(), tokenizer_path(cli).display());
    Ok(())
}

fn train(cli: &Cli, training: &Training) -> Result<()> {
    if let Some(threads) = training.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build_global().expect("the pool is built once, before it is used");
    }
    let tokenizer = Tokenizer::load(&tokenizer_path(cli))?;
    let plan = Plan {
        dir: cli.dir.clone(),
        config: Config::wisp(tokenizer.size()),
        seed: cli.seed,
        batch_tokens: training.batch,
        rate: training.rate,
        length: Length::Minutes(training.minutes),
        resume: training.resume,
        save_every: 100,
        report_every: 5,
    };
    train::train(&plan, &tokenizer).map(drop)
}
