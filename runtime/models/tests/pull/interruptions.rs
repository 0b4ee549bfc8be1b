//! What is interrupted goes on.

use std::time::Duration;

use llmspell_models::{PullOptions, PullStatus};

use crate::server::Fault;
use crate::world::{World, block_on, model};
use crate::{FILE, NAME};

fn content(world: &World) -> Vec<u8> {
    std::fs::read(world.path(FILE)).expect("the file")
}

#[test]
fn a_connection_that_breaks_off_is_taken_up_where_it_was() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world
        .server
        .at_cdn([Fault::Drop(10_000), Fault::Drop(20_000), Fault::Drop(1)]);
    world.pull(NAME).expect("pulled");
    let starts: Vec<u64> = world
        .server
        .ranges()
        .iter()
        .map(|range| range.start)
        .collect();
    assert_eq!(starts, [0, 10_000, 30_000, 30_001]);
    assert_eq!(content(&world), model(1));
}

#[test]
fn a_server_that_sends_nothing_is_asked_again() {
    let world = World::with(|settings| settings.transfer.idle_timeout = Duration::from_secs(2));
    world.server.add(FILE, model(1));
    world.server.at_cdn([Fault::Stall(10_000)]);
    world.pull(NAME).expect("pulled");
    assert_eq!(world.server.ranges()[1].start, 10_000);
    assert_eq!(content(&world), model(1));
}

#[test]
fn a_server_that_has_trouble_is_asked_again() {
    let world = World::new();
    world.server.add(FILE, model(1));
    let refuse = |status| Fault::Refuse(status, Vec::new());
    let soon = Fault::Refuse(429, vec![("retry-after", "0".to_owned())]);
    world
        .server
        .at_hub([refuse(500), soon.clone(), Fault::None, refuse(503)]);
    world.server.at_cdn([refuse(502), soon]);
    world.pull(NAME).expect("pulled");
    assert_eq!(content(&world), model(1));
}

#[test]
fn a_pull_that_is_dropped_keeps_what_came() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.at_cdn([Fault::Pause(100_000)]);
    let kept = block_on(async {
        let mut pull = world
            .models
            .pull(NAME, PullOptions::default())
            .await
            .expect("a pull");
        loop {
            let progress = pull.next().await.expect("it goes on").expect("no error");
            if progress.completed_bytes >= 50_000 {
                return progress.completed_bytes;
            }
        }
    });
    assert!(
        world.names().is_empty(),
        "what has not come whole is not listed"
    );
    assert!(!world.path(FILE).exists());
    world.server.go_on();
    let told = world.progress(NAME);
    let first = told
        .iter()
        .find(|progress| progress.status == PullStatus::Downloading);
    assert!(
        first.is_some_and(|first| first.completed_bytes >= kept),
        "{first:?}, {kept}"
    );
    let again = world.server.ranges().pop().expect("a second request");
    assert!(again.start >= kept, "{again:?}");
    assert_eq!(content(&world), model(1));
}

#[test]
fn a_server_that_knows_no_ranges_sends_all_of_it() {
    for connections in [1, 4] {
        let world = World::with(|settings| {
            settings.transfer.large = 1;
            settings.transfer.connections = connections;
        });
        world.server.add(FILE, model(1));
        world.server.ignore_ranges();
        world
            .server
            .at_cdn([Fault::Drop(10_000), Fault::Drop(20_000)]);
        world.pull(NAME).expect("pulled");
        assert_eq!(content(&world), model(1), "{connections}");
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_got_anew() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.at_cdn([Fault::Pause(100_000)]);
    block_on(async {
        let mut pull = world
            .models
            .pull(NAME, PullOptions::default())
            .await
            .expect("a pull");
        while let Some(progress) = pull.next().await {
            if progress.expect("no error").completed_bytes >= 50_000 {
                break;
            }
        }
        world.server.add(FILE, model(2));
        world.server.go_on();
    });
    world.pull(NAME).expect("pulled");
    assert_eq!(content(&world), model(2), "no byte of the old one is left");
}

#[test]
fn a_file_that_changes_during_one_pull_is_got_anew() {
    for connections in [1, 4] {
        let world = World::with(|settings| {
            settings.transfer.large = 1;
            settings.transfer.connections = connections;
        });
        world.server.add(FILE, model(1));
        world
            .server
            .at_cdn((0..connections).map(|_| Fault::Drop(10_000)));
        // It is asked what it is, and once for each connection; then it is another one.
        world.server.at_hub(
            (0..=connections)
                .map(|_| Fault::None)
                .chain([Fault::Swap(model(2))]),
        );
        world.pull(NAME).expect("pulled");
        assert_eq!(content(&world), model(2), "no byte of the old one is left");
    }
}

#[test]
fn bytes_that_were_damaged_after_they_came_are_got_anew() {
    let world = World::new();
    world.server.add(FILE, model(1));
    world.server.at_cdn(
        [Fault::Drop(100_000)]
            .into_iter()
            .chain((0..4).map(|_| Fault::Drop(0))),
    );
    assert!(world.fails(NAME).contains("what has come is kept"));
    let part = world.path(&format!("{FILE}.part"));
    let mut bytes = std::fs::read(&part).expect("the part");
    bytes[5_000] ^= 1;
    std::fs::write(&part, bytes).expect("written");
    world.pull(NAME).expect("pulled");
    assert_eq!(content(&world), model(1));
}

#[test]
fn a_part_or_journal_that_is_cut_off_or_nonsense_does_no_harm() {
    for (file, damaged) in [("part", "x"), ("journal", "x"), ("journal", "")] {
        let world = World::new();
        world.server.add(FILE, model(1));
        world.server.at_cdn(
            [Fault::Drop(100_000)]
                .into_iter()
                .chain((0..4).map(|_| Fault::Drop(0))),
        );
        world.fails(NAME);
        std::fs::write(world.path(&format!("{FILE}.{file}")), damaged).expect("written");
        world.pull(NAME).expect("pulled");
        assert_eq!(content(&world), model(1), "{file}: {damaged:?}");
    }
}
