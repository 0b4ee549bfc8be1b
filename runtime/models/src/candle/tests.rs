//! The cache with tiny models.

use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use llmspell_inference::gguf::Writer;
use llmspell_inference::testing::{TinyLlama, variant};
use llmspell_inference::{Checkpoint, Footprint, Options};
use tempfile::TempDir;

use super::cache::{Cache, LEAST_CONTEXT, Lease};
use super::key::Key;
use crate::Error;
use crate::request::{
    CacheType, Encoding, Event, FinishReason, KeepAlive, Loading, Prompt, Request,
};
use crate::{Limits, Models};

/// A folder of models that differ in nothing but their name and weights.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, model: &TinyLlama) -> Key {
        let path = self.0.path().join(name);
        let writer = model.writer().expect("a tiny model");
        std::fs::write(&path, bytes(&writer)).expect("the folder is ours");
        Key::File(path)
    }

    fn model(&self, name: &str) -> Key {
        self.write(name, &TinyLlama::default())
    }
}

fn bytes(writer: &Writer) -> Vec<u8> {
    writer.to_bytes().expect("a tiny model")
}

fn path(key: &Key) -> &Path {
    match key {
        Key::File(path) => path,
        Key::Bundled => panic!("the bundled model has no file"),
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().expect("a runtime");
    runtime.block_on(future)
}

/// Polls once.
fn begin<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn acquire(cache: &Cache, key: &Key, wanted: &Loading) -> Result<Lease, Error> {
    block_on(cache.acquire(key, wanted))
}

fn load(cache: &Cache, key: &Key) -> Lease {
    acquire(cache, key, &Loading::default()).expect("the model loads")
}

fn footprint(key: &Key) -> Footprint {
    let checkpoint = Checkpoint::open(key.source()).expect("a model");
    checkpoint.footprint(&Options::default()).expect("its size")
}

/// What a model with so many tokens of context takes.
fn size(key: &Key, tokens: usize) -> u64 {
    let footprint = footprint(key);
    footprint.weight_bytes + footprint.cache_bytes(tokens)
}

fn names(cache: &Cache) -> Vec<String> {
    let name = |name: String| name.rsplit('/').next().expect("a file name").to_owned();
    let loaded = cache.loaded().into_iter();
    loaded.map(|model| name(model.name)).collect()
}

fn keep(keep_alive: KeepAlive) -> Loading {
    Loading {
        keep_alive: Some(keep_alive),
        ..Loading::default()
    }
}

fn context(tokens: usize) -> Loading {
    Loading {
        context_size: Some(tokens),
        ..Loading::default()
    }
}

/// An empty cache for so many bytes.
fn cache(memory_budget: Option<u64>) -> Cache {
    Cache::new(&Limits {
        memory_budget,
        ..Limits::default()
    })
}

#[test]
fn twenty_who_ask_at_once_share_one_load() {
    let (files, cache) = (Files::new(), cache(None));
    let key = files.model("a.gguf");
    let wanted = Loading::default();
    let leases = block_on(join_all((0..20).map(|_| cache.acquire(&key, &wanted))));
    let leases: Vec<Lease> = leases
        .into_iter()
        .map(|lease| lease.expect("loaded"))
        .collect();
    assert_eq!(cache.loads(), 1);
    let loaders = leases.iter().filter(|lease| lease.load_time.is_some());
    assert_eq!(loaders.count(), 1);
}

#[test]
fn a_load_outlives_who_began_it() {
    let (files, cache) = (Files::new(), cache(None));
    let (key, wanted) = (files.model("a.gguf"), Loading::default());
    {
        let mut first = Box::pin(cache.acquire(&key, &wanted));
        let mut second = pin!(cache.acquire(&key, &wanted));
        // A model as small as this one may have been loaded already.
        let _ = begin(first.as_mut());
        let begun = begin(second.as_mut());
        drop(first);
        let lease = match begun {
            Poll::Ready(lease) => lease,
            Poll::Pending => block_on(second),
        };
        assert!(lease.is_ok());
    }
    assert_eq!(cache.loads(), 1);
    // Also when nobody waits for it any more.
    let other = files.model("b.gguf");
    let mut only = Box::pin(cache.acquire(&other, &wanted));
    let _ = begin(only.as_mut());
    drop(only);
    load(&cache, &other);
    assert_eq!(cache.loads(), 2);
}

#[test]
fn a_load_that_fails_does_so_for_all_who_wait_and_the_next_one_tries_again() {
    let (files, cache) = (Files::new(), cache(None));
    let (key, wanted) = (files.model("a.gguf"), Loading::default());
    let whole = std::fs::read(path(&key)).expect("the file");
    std::fs::write(path(&key), &whole[..whole.len() / 2]).expect("the file is ours");
    for failed in block_on(join_all((0..3).map(|_| cache.acquire(&key, &wanted)))) {
        let error = failed.err().expect("half a model").to_string();
        assert!(error.contains("a.gguf: is truncated"), "{error}");
    }
    assert_eq!((cache.loads(), cache.memory_bytes()), (0, 0));
    std::fs::write(path(&key), &whole).expect("the file is ours");
    load(&cache, &key);
    assert_eq!(cache.loads(), 1);
}

#[test]
fn the_idle_model_that_was_not_used_for_longest_goes_first() {
    let files = Files::new();
    let [a, b, c] = ["a.gguf", "b.gguf", "c.gguf"].map(|name| files.model(name));
    let cache = cache(Some(2 * size(&a, LEAST_CONTEXT.min(512))));
    load(&cache, &a);
    load(&cache, &b);
    assert_eq!(names(&cache), ["a.gguf", "b.gguf"]);
    load(&cache, &a);
    load(&cache, &c);
    assert_eq!(names(&cache), ["a.gguf", "c.gguf"]);
    assert_eq!(cache.loads(), 3);
}

#[test]
fn a_model_in_use_does_not_go_and_the_error_has_the_numbers() {
    let files = Files::new();
    let [a, b] = ["a.gguf", "b.gguf"].map(|name| files.model(name));
    let one = size(&a, 512);
    let cache = cache(Some(one + one / 2));
    let lease = load(&cache, &a);
    let (needed, used, budget) = (one, one, one + one / 2);
    match acquire(&cache, &b, &Loading::default()).err() {
        Some(Error::Loading(error)) => {
            let found = format!("{error:?}");
            let expected = Error::MemoryFull {
                needed,
                used,
                budget,
            };
            assert_eq!(found, format!("{expected:?}"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(names(&cache), ["a.gguf"]);
    drop(lease);
    load(&cache, &b);
    assert_eq!(names(&cache), ["b.gguf"]);
}

#[test]
fn a_model_larger_than_the_budget_is_refused_and_makes_nobody_go() {
    let files = Files::new();
    let small = files.model("small.gguf");
    let shape = TinyLlama {
        layers: 40,
        ..TinyLlama::default()
    };
    let large = files.write("large.gguf", &shape);
    let cache = cache(Some(2 * size(&small, 512)));
    load(&cache, &small);
    let error = acquire(&cache, &large, &Loading::default()).err();
    let text = error.expect("it is too large").to_string();
    let start = "the model needs 7.6 MB of memory; models may use 889 KB, of which 0 KB are in use: take a smaller";
    assert!(text.starts_with(start), "{text}");
    assert_eq!(names(&cache), ["small.gguf"]);
}

#[test]
fn a_model_that_is_kept_for_ever_does_not_go_for_others() {
    let files = Files::new();
    let [a, b] = ["a.gguf", "b.gguf"].map(|name| files.model(name));
    let cache = cache(Some(size(&a, 512)));
    acquire(&cache, &a, &keep(KeepAlive::Forever)).expect("the model loads");
    assert!(acquire(&cache, &b, &Loading::default()).is_err());
    block_on(cache.unload(&a));
    load(&cache, &b);
}

#[test]
fn an_idle_model_goes_when_its_time_has_come() {
    let (files, cache) = (Files::new(), cache(None));
    let key = files.model("a.gguf");
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    acquire(&cache, &key, &keep(KeepAlive::For(minutes(5)))).expect("the model loads");
    // Who says nothing changes nothing.
    let lease = load(&cache, &key);
    let now = Instant::now();
    assert_eq!(cache.expire(now + minutes(6)), None);
    assert_eq!(names(&cache), ["a.gguf"]);
    drop(lease);
    assert!(cache.expire(now + minutes(4)).is_some());
    assert_eq!(names(&cache), ["a.gguf"]);
    assert_eq!(cache.expire(now + minutes(6)), None);
    assert!(names(&cache).is_empty());
}

#[test]
fn nobody_needs_to_ask_for_an_idle_model_to_go() {
    let (files, cache) = (Files::new(), cache(None));
    let key = files.model("a.gguf");
    let soon = KeepAlive::For(Duration::from_millis(1));
    let lease = acquire(&cache, &key, &keep(soon)).expect("the model loads");
    let mut gone = cache.gone(&key);
    drop(lease);
    block_on(gone.changed()).expect_err("it says nothing but that it has gone");
    assert_eq!(cache.memory_bytes(), 0);
}

#[test]
fn a_model_kept_for_no_time_goes_with_its_last_user() {
    let (files, cache) = (Files::new(), cache(None));
    let key = files.model("a.gguf");
    let zero = keep(KeepAlive::For(Duration::ZERO));
    let (first, second) = (acquire(&cache, &key, &zero), load(&cache, &key));
    drop(first);
    assert_eq!(names(&cache), ["a.gguf"]);
    drop(second);
    assert!(names(&cache).is_empty());
}

#[test]
fn unloading_lets_users_finish_and_others_load_again() {
    let (files, cache) = (Files::new(), cache(None));
    let key = files.model("a.gguf");
    let old = load(&cache, &key);
    let mut gone = cache.gone(&key);
    block_on(cache.unload(&key));
    assert!(names(&cache).is_empty());
    let new = load(&cache, &key);
    assert_eq!((cache.loads(), names(&cache).len()), (2, 1));
    assert_eq!(cache.memory_bytes(), 2 * footprint(&key).weight_bytes);
    assert!(old.model.activity().sequences == 0);
    drop((old, new));
    block_on(cache.unload(&key));
    let _ = block_on(gone.changed()); // the older one goes by itself
    assert_eq!(cache.memory_bytes(), 0);
}

#[test]
fn unloading_an_idle_model_returns_when_its_memory_is_free() {
    let (files, cache) = (Files::new(), cache(None));
    let key = files.model("a.gguf");
    load(&cache, &key);
    assert_eq!(cache.memory_bytes(), footprint(&key).weight_bytes);
    block_on(cache.unload(&key));
    assert_eq!(cache.memory_bytes(), 0);
    block_on(cache.unload(&key)); // nothing to do
}

#[test]
fn who_wants_more_context_shares_the_weights() {
    let files = Files::new();
    let shape = TinyLlama {
        context_length: 100_000,
        ..TinyLlama::default()
    };
    let key = files.write("long.gguf", &shape);
    let cache = cache(Some(size(&key, 20_000)));
    let some = load(&cache, &key);
    assert_eq!(some.context_size, 20_000);
    assert_eq!(some.model.context_size(), 9_984, "half of what was free");
    let more = acquire(&cache, &key, &context(15_000)).expect("there is room");
    assert_eq!(more.context_size, 15_000);
    assert!(more.model.context_size() >= 15_000);
    assert_eq!(cache.loads(), 1);
    let error = acquire(&cache, &key, &context(30_000))
        .err()
        .expect("no room");
    assert!(
        matches!(error, Error::MemoryFull { used: 0, .. }),
        "{error:?}"
    );
    let error = acquire(&cache, &key, &context(200_000))
        .err()
        .expect("not made for it");
    let text = "context_size: the model was made for at most 100000 tokens, asked for are 200000";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_model_gives_others_what_it_was_not_asked_for() {
    let files = Files::new();
    let shape = TinyLlama {
        context_length: 100_000,
        ..TinyLlama::default()
    };
    let [a, b] = ["a.gguf", "b.gguf"].map(|name| files.write(name, &shape));
    let cache = cache(Some(size(&a, 10_000) + size(&b, LEAST_CONTEXT)));
    let first = acquire(&cache, &a, &context(4_000)).expect("there is room");
    assert!(first.model.context_size() > 5_000);
    block_on(first.promise(10_000)).expect("there is room");
    // What was promised stays, the rest goes to the other.
    let second = load(&cache, &b);
    assert_eq!(first.model.context_size(), 10_016, "whole pages");
    assert_eq!(second.model.context_size(), LEAST_CONTEXT);
    assert!(block_on(second.promise(LEAST_CONTEXT + 100)).is_err());
    drop(first);
    block_on(second.promise(8_000)).expect("nobody needs it any more");
}

#[test]
fn a_model_that_rotates_by_its_context_is_loaded_for_short_or_for_long_ones() {
    let (files, cache) = (Files::new(), cache(None));
    let key = Key::File(files.0.path().join("phi3.gguf"));
    let model = variant("phi3").expect("a tiny model");
    std::fs::write(path(&key), bytes(&model)).expect("the folder is ours");
    let checkpoint = Checkpoint::open(key.source()).expect("a model");
    let short = checkpoint.short_context().expect("two sets of factors");
    let long = footprint(&key).context_size;
    assert!(short < long);

    drop(acquire(&cache, &key, &context(short)).expect("it is loaded"));
    let error = acquire(&cache, &key, &context(short + 1)).err();
    let text = error.expect("it is loaded for short ones").to_string();
    assert!(text.contains("unload it first"), "{text}");
    block_on(cache.unload(&key));
    drop(acquire(&cache, &key, &context(short + 1)).expect("it is loaded"));
    acquire(&cache, &key, &context(long)).expect("and may be longer");
    assert_eq!(cache.loads(), 2);
}

#[test]
fn a_file_in_the_place_of_another_has_a_vocabulary_of_its_own() {
    let (files, models) = (Files::new(), Models::with_limits(&Limits::default()));
    let key = files.model("a.gguf");
    let name = path(&key).display().to_string();
    let tokens = || {
        let text = "What is llmspell?".to_owned();
        let ids = models.tokenize(Some(&name), text, Encoding::default());
        block_on(ids).expect("token ids").len()
    };
    assert_eq!(tokens(), 17, "each byte is one");
    std::fs::write(path(&key), super::key::WISP).expect("the folder is ours");
    assert!(tokens() < 17);
}

#[test]
fn an_answer_gets_memory_as_it_grows() {
    let (files, tokens) = (Files::new(), 3 * LEAST_CONTEXT / 2);
    let shape = TinyLlama {
        context_length: tokens,
        layers: 1,
        ..TinyLlama::default()
    };
    let key = files.write("long.gguf", &shape);
    // Two thirds of that are what it is promised at first.
    let models = Models::with_limits(&Limits {
        memory_budget: Some(size(&key, tokens)),
        ..Limits::default()
    });
    let name = path(&key).display().to_string();
    let mut request = Request::new(Some(name), Prompt::Raw("a".to_owned()));
    let ends = [(256, -100.0), (258, -100.0)];
    request.sampling.logit_bias = ends.into(); // it never ends by itself
    let finish = block_on(async {
        let mut answer = models.generate(request).await.expect("it begins");
        loop {
            let event = answer.next().await.expect("more to come");
            if let Event::Done(finish) = event.expect("no error") {
                break finish;
            }
        }
    });
    assert_eq!(finish.reason, FinishReason::Length);
    // The last token needs no room.
    assert_eq!(finish.prompt_tokens + finish.completion_tokens, tokens + 1);
}

#[test]
fn keys_and_values_are_kept_in_one_way_at_a_time() {
    let (files, cache) = (Files::new(), cache(None));
    let key = files.model("a.gguf");
    let kind = |cache_type| Loading {
        cache_type: Some(cache_type),
        ..Loading::default()
    };
    acquire(&cache, &key, &kind(CacheType::Q8_0)).expect("the model loads");
    load(&cache, &key);
    let error = acquire(&cache, &key, &kind(CacheType::F16)).err();
    let text = error.expect("another type").to_string();
    let end = "is loaded with cache_type \"q8_0\", asked for is \"f16\": unload it first";
    assert!(text.ends_with(end), "{text}");
    block_on(cache.unload(&key));
    acquire(&cache, &key, &kind(CacheType::F16)).expect("the model loads");
}

#[test]
fn weights_count_as_they_are_held() {
    let files = Files::new();
    let of = |dtype| {
        let shape = TinyLlama {
            dtype,
            ..TinyLlama::default()
        };
        footprint(&files.write("typed.gguf", &shape)).weight_bytes
    };
    use llmspell_inference::testing::GgmlDType;
    // Vectors are held as floats whatever the file has, matrices as they are.
    let vectors = 5 * 64 * 4;
    let matrices = of(GgmlDType::F32) - vectors;
    assert_eq!(of(GgmlDType::F16), vectors + matrices / 2);
    assert_eq!(of(GgmlDType::Q8_0), vectors + matrices / 4 * 34 / 32);
}

#[test]
fn what_is_loaded_goes_with_the_last_clone_of_the_cache() {
    let files = Files::new();
    let key = files.model("a.gguf");
    let cache = cache(None);
    acquire(&cache, &key, &keep(KeepAlive::For(Duration::from_secs(60)))).expect("it loads");
    let mut gone = cache.gone(&key);
    drop(cache);
    assert!(block_on(gone.changed()).is_err());
}
