//! A server on loopback that speaks like Hugging Face: repositories at one port, and what they redirect to at
//! another. It records what it is asked and misbehaves on demand.
//!
//! Source: `huggingface_hub`'s `get_hf_file_metadata` for the headers of a redirect, `hf_raise_for_status` for
//! the codes of errors, the Hub API's `GET /api/models/{repo}/tree/{revision}` for listings.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

/// What a server does instead of what it should.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Sends so many bytes of the content, then ends the connection.
    Drop(usize),
    /// Sends so many bytes, then nothing until the client gives up.
    Stall(usize),
    /// Sends so many bytes, then waits for [`Server::go_on`].
    Pause(usize),
    /// Refuses, with a status and further headers.
    Refuse(u16, Vec<(&'static str, String)>),
    /// Leads to this address.
    Redirect(String),
    /// Puts other content in the file's place, then serves that.
    Swap(Vec<u8>),
    /// Serves as it should.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Hub,
    Cdn,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub place: Place,
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    pub range: Option<Range<u64>>,
}

#[derive(Default)]
struct State {
    /// By `owner/repo/path`.
    files: BTreeMap<String, Vec<u8>>,
    /// Names that a listing has beside the true ones.
    listed: Vec<String>,
    /// Digests that are announced instead of the true ones.
    digests: BTreeMap<String, String>,
    sizes: BTreeMap<String, u64>,
    hub_faults: VecDeque<Fault>,
    cdn_faults: VecDeque<Fault>,
    ignores_ranges: bool,
    asked: Vec<Asked>,
    paused: usize,
    released: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    hub: String,
    cdn: String,
}

/// The two servers. They end with the test's process.
#[derive(Clone)]
pub struct Server(Arc<Shared>);

impl Server {
    pub fn start() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = |listener: &TcpListener| {
            format!("http://{}", listener.local_addr().expect("an address"))
        };
        let (hub, cdn) = (listen(), listen());
        let server = Self(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            hub: address(&hub),
            cdn: address(&cdn),
        }));
        for (listener, place) in [(hub, Place::Hub), (cdn, Place::Cdn)] {
            let server = server.clone();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let server = server.clone();
                    // A client that goes away is no fault of the server.
                    thread::spawn(move || server.serve(place, stream).is_ok());
                }
            });
        }
        server
    }

    pub fn endpoint(&self) -> String {
        self.0.hub.clone()
    }

    /// Adds a file, or puts another in its place.
    pub fn add(&self, path: &str, content: Vec<u8>) {
        self.state().files.insert(path.to_owned(), content);
    }

    /// Lists a name that is no file.
    pub fn list(&self, name: &str) {
        self.state().listed.push(name.to_owned());
    }

    pub fn announce_digest(&self, path: &str, digest: String) {
        self.state().digests.insert(path.to_owned(), digest);
    }

    pub fn announce_size(&self, path: &str, size: u64) {
        self.state().sizes.insert(path.to_owned(), size);
    }

    /// What is done to the next requests for content, one fault for each.
    pub fn at_cdn(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().cdn_faults.extend(faults);
    }

    /// What is done to the next requests to the hub.
    pub fn at_hub(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().hub_faults.extend(faults);
    }

    pub fn ignore_ranges(&self) {
        self.state().ignores_ranges = true;
    }

    /// Waits until so many answers are paused.
    pub fn wait_for_pause(&self, count: usize) {
        let long = Duration::from_secs(60);
        let waiting = self
            .0
            .changed
            .wait_timeout_while(self.state(), long, |state| state.paused < count);
        let (state, waited) = waiting.expect("no thread panics with the state");
        drop(state);
        assert!(!waited.timed_out(), "nobody asks for what is paused");
    }

    /// Lets what is paused go on.
    pub fn go_on(&self) {
        self.state().released = true;
        self.0.changed.notify_all();
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// The ranges of content that were asked for.
    pub fn ranges(&self) -> Vec<Range<u64>> {
        let asked = self.asked().into_iter();
        let content = asked.filter(|asked| asked.place == Place::Cdn && asked.method == "GET");
        content.filter_map(|asked| asked.range).collect()
    }

    pub fn forget(&self) {
        self.state().asked.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .state
            .lock()
            .expect("no thread panics with the state")
    }

    fn serve(&self, place: Place, mut stream: TcpStream) -> std::io::Result<()> {
        let asked = read(place, &stream)?;
        let fault = {
            let mut state = self.state();
            state.asked.push(asked.clone());
            let faults = match place {
                Place::Hub => &mut state.hub_faults,
                Place::Cdn => &mut state.cdn_faults,
            };
            faults.pop_front().unwrap_or(Fault::None)
        };
        match (&fault, place) {
            (Fault::Refuse(status, headers), _) => respond(&mut stream, *status, headers, b""),
            (Fault::Redirect(to), _) => respond(&mut stream, 302, &[("location", to.clone())], b""),
            (Fault::Swap(content), _) => {
                self.add(&file(&asked), content.clone());
                self.serve_hub(&mut stream, &asked)
            }
            (_, Place::Hub) => self.serve_hub(&mut stream, &asked),
            (_, Place::Cdn) => self.serve_content(&mut stream, &asked, &fault),
        }
    }

    fn serve_hub(&self, stream: &mut TcpStream, asked: &Asked) -> std::io::Result<()> {
        let path = asked.path.split('?').next().unwrap_or("");
        if let Some(repository) = path.strip_prefix("/api/models/") {
            return self.serve_listing(stream, repository.trim_end_matches("/tree/main"));
        }
        let file = file(asked);
        let state = self.state();
        let Some(content) = state.files.get(&file) else {
            let code = [("x-error-code", "EntryNotFound".to_owned())];
            return respond(stream, 404, &code, b"");
        };
        let digest = state
            .digests
            .get(&file)
            .cloned()
            .unwrap_or_else(|| sha256(content));
        let size = state
            .sizes
            .get(&file)
            .copied()
            .unwrap_or(content.len() as u64);
        let headers = [
            (
                "location",
                format!("{}/{file}?signature=secret", self.0.cdn),
            ),
            ("x-linked-etag", format!("\"{digest}\"")),
            ("x-linked-size", size.to_string()),
        ];
        drop(state);
        respond(stream, 302, &headers, b"")
    }

    fn serve_listing(&self, stream: &mut TcpStream, repository: &str) -> std::io::Result<()> {
        let state = self.state();
        let prefix = format!("{repository}/");
        let files = state
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(&prefix));
        let names = files.chain(state.listed.iter().map(String::as_str));
        let entries: Vec<_> = names
            .map(|name| json!({"type": "file", "path": name}))
            .collect();
        drop(state);
        match entries.is_empty() {
            true => respond(
                stream,
                404,
                &[("x-error-code", "RepoNotFound".to_owned())],
                b"",
            ),
            false => respond(stream, 200, &[], json!(entries).to_string().as_bytes()),
        }
    }

    fn serve_content(
        &self,
        stream: &mut TcpStream,
        asked: &Asked,
        fault: &Fault,
    ) -> std::io::Result<()> {
        if asked.method == "HEAD" {
            return respond(stream, 403, &[], b""); // as a signed address does
        }
        let path = asked
            .path
            .split('?')
            .next()
            .unwrap_or("")
            .trim_start_matches('/');
        let (content, ranges) = {
            let state = self.state();
            (
                state.files.get(path).cloned().unwrap_or_default(),
                !state.ignores_ranges,
            )
        };
        let range = asked.range.clone().filter(|_| ranges);
        let (status, part, headers) = match &range {
            Some(range) => {
                let end = range.end.min(content.len() as u64);
                let (first, last) = (range.start, end.saturating_sub(1));
                let headers = format!("bytes {first}-{last}/{}", content.len());
                let part = content[first as usize..end as usize].to_vec();
                (206, part, vec![("content-range", headers)])
            }
            None => (200, content, Vec::new()),
        };
        begin(stream, status, &headers, part.len())?;
        match fault {
            Fault::Drop(bytes) => stream.write_all(&part[..(*bytes).min(part.len())]),
            Fault::Stall(bytes) => {
                stream.write_all(&part[..(*bytes).min(part.len())])?;
                stream.read(&mut [0]).map(drop) // until the client gives up
            }
            Fault::Pause(bytes) => {
                let (now, later) = part.split_at((*bytes).min(part.len()));
                stream.write_all(now)?;
                self.pause();
                stream.write_all(later)
            }
            _ => stream.write_all(&part),
        }
    }

    fn pause(&self) {
        let mut state = self.state();
        state.paused += 1;
        self.0.changed.notify_all();
        let released = self.0.changed.wait_while(state, |state| !state.released);
        drop(released.expect("no thread panics with the state"));
    }
}

/// The file that a request to the hub is about.
fn file(asked: &Asked) -> String {
    let path = asked.path.split('?').next().unwrap_or("");
    path.trim_start_matches('/')
        .replacen("/resolve/main/", "/", 1)
}

pub fn sha256(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}

fn read(place: Place, stream: &TcpStream) -> std::io::Result<Asked> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked {
        place,
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        authorization: None,
        range: None,
    };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => asked.authorization = Some(value.trim().to_owned()),
            "range" => asked.range = range(value.trim()),
            _ => {}
        }
    }
    Ok(asked)
}

fn range(text: &str) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    Some(first.parse().ok()?..last.parse::<u64>().ok()? + 1)
}

fn begin(
    stream: &mut TcpStream,
    status: u16,
    headers: &[(&str, String)],
    length: usize,
) -> std::io::Result<()> {
    let mut head =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())
}

fn respond(
    stream: &mut TcpStream,
    status: u16,
    headers: &[(&'static str, String)],
    body: &[u8],
) -> std::io::Result<()> {
    begin(stream, status, headers, body.len())?;
    stream.write_all(body)
}
