//! [`Console`]: the terminal that scripts see. Reading a line blocks no other task.

use std::cell::{OnceCell, RefCell};
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::error::{Error, Fault};
use crate::scheduler::Cx;

/// Reads one line with its end after showing a prompt; `None` at the end of input. Runs on a thread of its own.
/// An error of kind `Interrupted` interrupts whoever reads.
pub type LineReader = Box<dyn FnMut(&str) -> io::Result<Option<Vec<u8>>> + Send>;

/// What was read.
struct Answer {
    line: io::Result<Option<Vec<u8>>>,
    /// Whether the prompt was shown; a line that another had asked for needs none.
    prompted: bool,
}

type Request = (String, oneshot::Sender<Answer>);

/// Standard input and output, or what a host puts in their place.
pub struct Console {
    out: RefCell<Box<dyn Write>>,
    /// The first error of a flush.
    lost: RefCell<Option<io::Error>>,
    reader: RefCell<Option<LineReader>>,
    /// Whole lines and the rest of one, which were read and not yet given to a script.
    rest: RefCell<Vec<u8>>,
    requests: OnceCell<mpsc::Sender<Request>>,
    /// Lines come one at a time, in the order in which they were asked for.
    turn: Rc<tokio::sync::Mutex<()>>,
}

impl Console {
    /// A console that writes to `out` and reads with `reader`.
    pub fn new(out: impl Write + 'static, reader: LineReader) -> Self {
        Self {
            out: RefCell::new(Box::new(out)),
            lost: RefCell::new(None),
            reader: RefCell::new(Some(reader)),
            rest: RefCell::default(),
            requests: OnceCell::new(),
            turn: Rc::default(),
        }
    }

    /// A console without input that writes to `out`.
    pub fn output_only(out: impl Write + 'static) -> Self {
        Self::new(out, Box::new(|_| Ok(None)))
    }

    /// Writes bytes; they may stay in a buffer until [`Console::flush`].
    pub fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.out.borrow_mut().write_all(bytes);
        written.map_err(|e| Error::Raise(format!("cannot write to the console: {e}")))
    }

    /// Shows what was written so far. What cannot be shown stays for [`Console::finish`] to tell.
    pub fn flush(&self) {
        if let Err(error) = self.out.borrow_mut().flush() {
            self.lost.borrow_mut().get_or_insert(error);
        }
    }

    /// Shows the rest, and tells if anything could not be shown.
    pub fn finish(&self) -> io::Result<()> {
        self.flush();
        self.lost.take().map_or(Ok(()), Err)
    }

    /// Reads a line without its end, what is left of an earlier one first; `None` at the end of input.
    pub async fn read_line(&self, cx: &Cx, prompt: &str) -> Result<Option<String>, Error> {
        let _turn = cx.external(self.turn.lock()).await;
        let line = match self.rest_line() {
            Some(line) => {
                self.write(prompt.as_bytes())?;
                Some(line)
            }
            None => self.ask(cx, prompt).await?,
        };
        line.map(text).transpose()
    }

    /// What is left of a line.
    fn rest_line(&self) -> Option<Vec<u8>> {
        let mut rest = self.rest.borrow_mut();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.map_or(rest.len(), |at| at + 1);
        (end > 0).then(|| rest.drain(..end).collect())
    }

    /// Reads a line that nobody has had a part of, as it came but for its end; `None` at the end of input.
    pub async fn next_line(&self, cx: &Cx, prompt: &str) -> Result<Option<Vec<u8>>, Error> {
        let _turn = cx.external(self.turn.lock()).await;
        Ok(self.ask(cx, prompt).await?.map(without_end))
    }

    /// Reads lines until `take` finds what it looks for in the text that was read and not yet given to a script,
    /// and takes it out of there. `take` is told when the input has ended, after which it must find something.
    pub async fn read<T>(
        &self,
        cx: &Cx,
        mut take: impl FnMut(&mut Vec<u8>, bool) -> Option<T>,
    ) -> Result<T, Error> {
        let _turn = cx.external(self.turn.lock()).await;
        let mut ended = false;
        loop {
            if let Some(found) = take(&mut self.rest.borrow_mut(), ended) {
                return Ok(found);
            }
            match self.ask(cx, "").await? {
                Some(line) => self.rest.borrow_mut().extend(line),
                None => ended = true,
            }
        }
    }

    async fn ask(&self, cx: &Cx, prompt: &str) -> Result<Option<Vec<u8>>, Error> {
        self.flush();
        let (sender, answer) = oneshot::channel();
        let mut asked = Asked {
            console: self,
            answer,
        };
        let sent = self.requests().send((prompt.to_owned(), sender));
        let answer = match sent {
            Ok(()) => cx.external(&mut asked.answer).await,
            Err(_) => return Err(Error::raise("the console's input is closed")),
        };
        let answer = answer.map_err(|_| Error::raise("the console's input is closed"))?;
        if !answer.prompted {
            self.write(prompt.as_bytes())?;
        }
        answer.line.map_err(|e| match e.kind() {
            io::ErrorKind::Interrupted => Fault::Interrupted.into(),
            _ => Error::Raise(format!("cannot read from the console: {e}")),
        })
    }

    fn requests(&self) -> &mpsc::Sender<Request> {
        self.requests.get_or_init(|| {
            let (sender, receiver) = mpsc::channel::<Request>();
            if let Some(reader) = self.reader.take() {
                let name = "llmspell-input".to_owned();
                let serve = move || serve(reader, &receiver);
                // Without the thread, its receiver is gone and every read says so.
                let _ = std::thread::Builder::new().name(name).spawn(serve);
            }
            sender
        })
    }
}

/// A line that was asked for. If it has come when nobody waits for it any more, it is for the next script that reads.
struct Asked<'a> {
    console: &'a Console,
    answer: oneshot::Receiver<Answer>,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        // From here on the sender sees that nobody waits, and keeps what it has.
        self.answer.close();
        let Ok(Answer {
            line: Ok(Some(line)),
            ..
        }) = self.answer.try_recv()
        else {
            return;
        };
        self.console.rest.borrow_mut().extend(line);
    }
}

fn without_end(mut line: Vec<u8>) -> Vec<u8> {
    if line.pop_if(|last| *last == b'\n').is_some() {
        line.pop_if(|last| *last == b'\r');
    }
    line
}

/// A line as text, without its end.
fn text(line: Vec<u8>) -> Result<String, Error> {
    let not_text = |_| Error::raise("a line of the console's input is not UTF-8");
    String::from_utf8(without_end(line)).map_err(not_text)
}

fn serve(mut read: LineReader, requests: &mpsc::Receiver<Request>) {
    // A line whose reader was cancelled meanwhile; it is for whoever asks next.
    let mut kept = None;
    for (prompt, answer) in requests {
        if answer.is_closed() {
            continue;
        }
        let read = || Answer {
            line: read(&prompt),
            prompted: true,
        };
        let line = kept.take().unwrap_or_else(read);
        kept = answer.send(line).err().map(|answer| Answer {
            prompted: false,
            ..answer
        });
    }
}
