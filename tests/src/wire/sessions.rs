//! Sessions on the server. To begin one is most of the work of a short life, so one that nothing was done to serves the next.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::frames::{Frame, Frames, Reader};

/// The sessions of a database. One that is left is rolled back, reset, and used again: what had been behind it is gone for the
/// server as if it had been closed.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    server: PathBuf,
    idle: Mutex<Vec<Session>>,
    begun: AtomicU64,
}

/// A session that has been greeted.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stream: UnixStream,
    /// The first message of the client: who is asked for, and with which settings.
    asked: Vec<u8>,
    /// What the server answered to it.
    pub(super) greeting: Vec<u8>,
    pub(super) pid: i32,
}

impl Sessions {
    /// Those on the server of `options`.
    ///
    /// # Panics
    /// When that one does not listen on a socket.
    #[must_use]
    pub fn new(options: &PgConnectOptions) -> Self {
        let server = options.get_socket().expect("the server listens on a socket").join(".s.PGSQL.5432");
        Self(Arc::new(Shared { server, idle: Mutex::default(), begun: AtomicU64::new(0) }))
    }

    /// The server's processes of those that wait for their next use.
    #[must_use]
    pub fn waiting(&self) -> Vec<i32> {
        self.idle().iter().map(|session| session.pid).collect()
    }

    /// How many were begun on the server.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.0.begun.load(Ordering::Relaxed)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session as it is asked for, after `settings`. An error of the server's comes as the bytes that tell it.
    pub(super) async fn take(&self, asked: &[u8], settings: &str) -> std::io::Result<Result<Session, Vec<u8>>> {
        let used = {
            let mut idle = self.idle();
            let place = idle.iter().rposition(|session| session.asked == asked);
            place.map(|place| idle.swap_remove(place))
        };
        let mut session = match used {
            Some(session) => session,
            None => match self.begin(asked).await? {
                Ok(session) => session,
                refused => return Ok(refused),
            },
        };
        session.say(settings).await?;
        Ok(Ok(session))
    }

    async fn begin(&self, asked: &[u8]) -> std::io::Result<Result<Session, Vec<u8>>> {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        let mut stream = UnixStream::connect(&self.0.server).await?;
        stream.write_all(asked).await?;
        let answer = read_answer(&mut stream).await?;
        let greeting = answer.iter().flat_map(|frame| frame.bytes.iter().copied()).collect();
        let pid = answer.iter().find(|frame| frame.kind == b'K').and_then(|frame| Reader(frame.content()).i32());
        Ok(match pid {
            Some(pid) => Ok(Session { stream, asked: asked.to_vec(), greeting, pid }),
            None => Err(greeting),
        })
    }

    /// Takes one back that waits for a statement.
    pub(super) async fn give_back(&self, mut session: Session) {
        if session.say("rollback; unlisten *; deallocate all; reset all").await.is_ok() {
            self.idle().push(session);
        }
    }
}

impl Session {
    async fn say(&mut self, sql: &str) -> std::io::Result<()> {
        let length = u32::try_from(sql.len() + 5).unwrap_or(u32::MAX);
        let message = [b"Q", &length.to_be_bytes()[..], sql.as_bytes(), b"\0"].concat();
        self.stream.write_all(&message).await?;
        let answer = read_answer(&mut self.stream).await?;
        if answer.iter().any(|frame| frame.kind == b'E') {
            return Err(std::io::Error::other(format!("the server refused: {sql}")));
        }
        Ok(())
    }
}

/// Reads until the server is ready for more; or, where it refuses, all that it says.
async fn read_answer(stream: &mut UnixStream) -> std::io::Result<Vec<Frame>> {
    let mut frames = Frames::new(true);
    let mut answer: Vec<Frame> = Vec::new();
    let mut bytes = vec![0; 4096];
    loop {
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return if answer.is_empty() { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) };
        }
        frames.push(&bytes[..read]);
        answer.extend(&mut frames);
        if answer.last().is_some_and(|frame| frame.kind == b'Z') {
            return Ok(answer);
        }
    }
}
