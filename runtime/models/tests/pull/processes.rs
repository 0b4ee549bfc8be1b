//! Several processes, and some that are killed: this program runs itself.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use llmspell_models::{Limits, Models, PullOptions, PullStatus, StoreSettings};

use crate::server::Fault;
use crate::world::{World, block_on, model, settings, statuses};
use crate::{FILE, NAME};

const ENDPOINT: &str = "LLMSPELL_TEST_ENDPOINT";
const FOLDER: &str = "LLMSPELL_TEST_FOLDER";
/// Set: the settings are those of the environment.
const DEFAULTS: &str = "LLMSPELL_TEST_DEFAULTS";

/// What the other process does; in this one, nothing.
#[test]
fn in_another_process() {
    let (Ok(endpoint), Ok(folder)) = (std::env::var(ENDPOINT), std::env::var(FOLDER)) else {
        return;
    };
    let settings = match std::env::var(DEFAULTS) {
        Ok(_) => StoreSettings::default(),
        Err(_) => settings(&endpoint, Path::new(&folder)),
    };
    let models = Models::with_store(&Limits::default(), settings);
    block_on(async {
        let mut pull = models
            .pull(NAME, PullOptions::default())
            .await
            .expect("a pull");
        while let Some(progress) = pull.next().await {
            let progress = progress.expect("no error");
            println!("told: {} {}", progress.status, progress.completed_bytes);
        }
    });
}

/// Another process that pulls [`NAME`].
struct Other {
    child: Child,
    told: Box<dyn Iterator<Item = (String, u64)>>,
}

impl Other {
    fn start(world: &World) -> Self {
        Self::start_with(world, &[])
    }

    /// With further variables in its environment.
    fn start_with(world: &World, environment: &[(&str, &str)]) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--exact", "processes::in_another_process", "--nocapture"])
            .env(ENDPOINT, world.server.endpoint())
            .env(FOLDER, world.folder())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = lines.map_while(Result::ok).filter_map(|line| {
            let (status, bytes) = line.split_once("told: ")?.1.split_once(' ')?;
            Some((status.to_owned(), bytes.parse().ok()?))
        });
        Self {
            child,
            told: Box::new(told),
        }
    }

    /// Waits until it tells of so many bytes.
    fn wait_for(&mut self, bytes: u64) {
        let there = self.told.find(|(_, told)| *told >= bytes);
        assert!(there.is_some(), "it ended before");
    }

    /// Ends it at once; it cannot do anything about it.
    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    fn finish(mut self) -> Vec<String> {
        let mut statuses: Vec<String> = self.told.by_ref().map(|(status, _)| status).collect();
        statuses.dedup();
        assert!(self.child.wait().expect("it ended").success());
        statuses
    }
}

#[test]
fn a_pull_whose_process_is_killed_is_gone_on_with() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.at_cdn([Fault::Pause(100_000)]);
    let mut other = Other::start(&world);
    other.wait_for(60_000);
    other.kill();
    world.server.go_on();
    assert!(
        world.names().is_empty(),
        "what has not come whole is not listed"
    );
    world.pull(NAME).expect("pulled");
    let ranges = world.server.ranges();
    assert_eq!(ranges.len(), 2);
    assert!(ranges[1].start >= 50_000, "{ranges:?}");
    assert_eq!(std::fs::read(world.path(FILE)).expect("the file"), model(1));
    assert!(!world.generate(NAME).expect("an answer").is_empty());
    assert_eq!(world.files(), [FILE, &format!("{FILE}.json")]);
}

#[test]
fn two_processes_that_want_the_same_file_share_one_download() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.at_cdn([Fault::Pause(100_000)]);
    let other = Other::start(&world);
    world.server.wait_for_pause(1);
    let told = block_on(async {
        let mut pull = world
            .models
            .pull(NAME, PullOptions::default())
            .await
            .expect("a pull");
        let mut told = Vec::new();
        while let Some(progress) = pull.next().await {
            let progress = progress.expect("no error");
            if progress.status == PullStatus::Waiting {
                world.server.go_on();
            }
            told.push(progress);
        }
        told
    });
    use PullStatus::{Complete, Resolving, Verifying, Waiting};
    assert_eq!(statuses(&told), [Resolving, Waiting, Verifying, Complete]);
    assert_eq!(other.finish().last().map(String::as_str), Some("complete"));
    assert_eq!(world.server.ranges().len(), 1, "it came once");
    assert_eq!(world.names(), [NAME]);
}

#[test]
fn who_waits_takes_over_when_the_other_process_is_killed() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.at_cdn([Fault::Pause(100_000)]);
    let mut other = Some(Other::start(&world));
    world.server.wait_for_pause(1);
    block_on(async {
        let mut pull = world
            .models
            .pull(NAME, PullOptions::default())
            .await
            .expect("a pull");
        while let Some(progress) = pull.next().await {
            if progress.expect("no error").status == PullStatus::Waiting {
                other.take().expect("it waits once").kill();
            }
        }
    });
    world.server.go_on();
    assert!(other.is_none());
    assert_eq!(std::fs::read(world.path(FILE)).expect("the file"), model(1));
}

#[test]
fn two_pulls_in_one_process_share_one_download() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.at_cdn([Fault::Pause(100_000)]);
    block_on(async {
        let options = PullOptions::default;
        let first = world.models.pull(NAME, options()).await.expect("a pull");
        world.server.wait_for_pause(1);
        let second = world.models.pull(NAME, options()).await.expect("a pull");
        world.server.go_on();
        let (first, second) = futures_util::future::join(first.finish(), second.finish()).await;
        assert_eq!(
            first.expect("pulled").model_id,
            second.expect("pulled").model_id
        );
    });
    assert_eq!(world.server.ranges().len(), 1, "it came once");
}

#[test]
fn the_environment_says_where_models_come_from_and_where_they_go() {
    let world = World::new();
    world.server.add(FILE, model(1));
    let folder = world.folder();
    std::fs::write(folder.join("token"), "hf_from_file\n").expect("written");
    let (home, endpoint) = (folder.display().to_string(), world.server.endpoint());
    let environment = [
        (DEFAULTS, "1"),
        ("HF_ENDPOINT", endpoint.as_str()),
        ("HF_HOME", &home),
        ("XDG_DATA_HOME", &home),
        ("HF_TOKEN", ""),
        ("HF_TOKEN_PATH", ""),
        ("HF_HUB_CACHE", ""),
    ];
    let statuses = Other::start_with(&world, &environment).finish();
    assert_eq!(statuses.last().map(String::as_str), Some("complete"));
    assert!(folder.join("llmspell/models").join(FILE).is_file());
    let asked = world.server.asked();
    assert_eq!(
        asked[0].authorization.as_deref(),
        Some("Bearer hf_from_file")
    );
}
