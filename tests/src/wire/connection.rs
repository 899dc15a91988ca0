//! One connection through an endpoint.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::calls::{Dialogue, Request};
use super::endpoint::{Shared, State};
use super::frames::Frames;
use super::script::{Damage, Event, Fault, Party, Phase};
use super::sessions::Session;

pub(super) struct Connection {
    client: UnixStream,
    /// None until the client has asked for one.
    server: Option<Session>,
    requests: Frames,
    answers: Frames,
    dialogue: Dialogue,
    /// Requests that are not answered yet, with the fault that their answer meets.
    waiting: VecDeque<Option<Fault>>,
    /// The answer to the first of them, as far as it is held back.
    held: Vec<u8>,
    /// Whether the server is in no transaction.
    settled: bool,
    shared: Arc<Shared>,
    state: watch::Receiver<State>,
}

/// Why a connection ends.
enum End {
    Closed,
    /// The server does not hear of it for so long; none: until somebody lets go of it.
    Kept(Option<Duration>),
}

/// A call that takes longer is not waited for: its session is closed.
const LONGEST: Duration = Duration::from_secs(20);

type Going = Result<(), End>;

impl Connection {
    pub(super) fn new(client: UnixStream, shared: Arc<Shared>, state: watch::Receiver<State>) -> Self {
        Self {
            client,
            server: None,
            requests: Frames::new(false),
            answers: Frames::new(true),
            dialogue: Dialogue::new(Arc::clone(&shared.layout)),
            waiting: VecDeque::new(),
            held: Vec::new(),
            settled: true,
            shared,
            state,
        }
    }

    /// Forwards both ways until either side closes or a fault ends it.
    pub(super) async fn run(mut self) {
        let Err(end) = self.forward().await else { return };
        let Self { server, client, shared, waiting, answers, settled, .. } = self;
        drop(client);
        let Some(server) = server else { return };
        match end {
            // To the server it is all the same who does not speak.
            _ if settled && waiting.is_empty() => {}
            End::Kept(None) => return shared.keep(server.stream),
            End::Kept(Some(time)) => tokio::time::sleep(time).await,
            // A server that finds nobody to answer to has ended what it was at first, as one has that is heard out. So it is
            // spared the beginning of another session; but not always.
            End::Closed if server.pid % 8 == 0 => return,
            End::Closed => {}
        }
        let _ = tokio::time::timeout(LONGEST, hear_out(server, waiting, answers, &shared)).await;
    }

    async fn forward(&mut self) -> Going {
        let (mut up, mut down) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        loop {
            let answered = async {
                match &mut self.server {
                    Some(server) => server.stream.read(&mut down).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = self.state.changed() => self.pass().await?,
                read = self.client.read(&mut up) => match read {
                    Ok(0) | Err(_) => return Err(End::Closed),
                    Ok(n) => {
                        self.requests.push(&up[..n]);
                        while let Some(frame) = self.requests.next() {
                            if let Some(request) = self.dialogue.take(&frame) {
                                self.request(request).await?;
                            }
                        }
                    }
                },
                read = answered => match read {
                    Ok(0) | Err(_) => return Err(self.gone()),
                    Ok(n) => {
                        self.answers.push(&down[..n]);
                        self.answer().await?;
                    }
                },
            }
        }
    }

    /// The server has ended the session.
    fn gone(&mut self) -> End {
        self.server = None;
        End::Closed
    }

    /// Waits while everything is held. An error: it is all over.
    async fn pass(&mut self) -> Going {
        loop {
            let State { dead, frozen_until, .. } = *self.state.borrow_and_update();
            if dead {
                // Those of a machine that is gone are kept by the fault itself.
                return Err(if self.shared.vanished() { End::Kept(None) } else { End::Closed });
            }
            let Some(until) = frozen_until.filter(|at| *at > Instant::now()) else { return Ok(()) };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                _ = self.state.changed() => {}
            }
        }
    }

    /// Waits while the keeper is not heard.
    async fn keep_mute(&mut self) -> Going {
        loop {
            let muted_until = self.state.borrow().muted_until;
            let Some(until) = muted_until.filter(|at| *at > Instant::now()) else { return Ok(()) };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                _ = self.state.changed() => self.pass().await?,
            }
        }
    }

    async fn request(&mut self, request: Request) -> Going {
        let Request { bytes, call, goodbye } = request;
        let fault = call.as_ref().and_then(|call| self.shared.script.meet(self.shared.party, call));
        if let Some(fault) = fault.filter(|fault| fault.phase == Phase::Before) {
            self.strike(fault).await?;
        }
        if call.is_some_and(|call| ["beat", "recover", "disconnect_silent", "promote"].contains(&&*call.name)) {
            self.keep_mute().await?;
        }
        self.pass().await?;
        if goodbye {
            return Err(End::Closed);
        }
        self.waiting.push_back(fault.filter(|fault| fault.phase >= Phase::NoAnswer));
        let within = fault.filter(|fault| fault.phase == Phase::Within);
        match &mut self.server {
            Some(server) => {
                if server.stream.write_all(&bytes).await.is_err() {
                    return Err(self.gone());
                }
            }
            // The first one asks for a session; the fault comes while that is about to begin.
            None => {
                let sessions = self.shared.sessions.clone();
                let taken = sessions.take(&bytes, &self.shared.settings).await.map_err(|_| End::Closed)?;
                match taken {
                    Ok(session) => {
                        self.answers.push(&session.greeting);
                        self.server = Some(session);
                    }
                    Err(refused) => {
                        let _ = self.client.write_all(&refused).await;
                        return Err(End::Closed);
                    }
                }
            }
        }
        if let Some(fault) = within {
            tokio::time::sleep(fault.delay).await;
            self.strike(fault).await?;
        }
        // The greeting is there already.
        self.answer().await
    }

    async fn answer(&mut self) -> Going {
        let mut out = Vec::new();
        while let Some(frame) = self.answers.next() {
            let fault = self.waiting.front().copied().flatten();
            if fault.is_some() {
                self.held.extend_from_slice(&frame.bytes);
            } else {
                out.extend_from_slice(&frame.bytes);
            }
            if frame.kind != b'Z' {
                continue;
            }
            self.waiting.pop_front();
            self.settled = frame.content() == b"I";
            let Some(fault) = fault else { continue };
            let answer = std::mem::take(&mut self.held);
            if fault.phase == Phase::After {
                out.extend_from_slice(&answer);
                self.deliver(&mut out).await?;
                self.strike(fault).await?;
            } else {
                self.deliver(&mut out).await?;
                self.strike(fault).await?;
                // What only takes its time brings the answer late; a session that is ended gives none.
                if fault.damage != Damage::End {
                    out = answer;
                }
            }
        }
        self.deliver(&mut out).await
    }

    async fn deliver(&mut self, bytes: &mut Vec<u8>) -> Going {
        self.pass().await?;
        self.client.write_all(bytes).await.map_err(|_| End::Closed)?;
        bytes.clear();
        Ok(())
    }

    async fn strike(&mut self, fault: Fault) -> Going {
        let shared = &self.shared;
        let until = Instant::now() + fault.lasts;
        match fault.damage {
            Damage::Kill | Damage::Vanish => {
                shared.die(fault.damage == Damage::Vanish);
                if let Party::Worker(number) = shared.party {
                    shared.script.tell(Event::Killed(number));
                }
                return Err(if fault.damage == Damage::Vanish { End::Kept(None) } else { End::Closed });
            }
            Damage::Cut => return Err(End::Closed),
            Damage::HalfOpen => return Err(End::Kept(Some(fault.lasts))),
            Damage::End => {
                if let Some(server) = &self.server {
                    shared.script.end_session(server.pid).await;
                }
            }
            Damage::Freeze | Damage::Halt => {
                shared.state.send_modify(|state| state.frozen_until = Some(until));
                if let (Damage::Halt, Party::Worker(number)) = (fault.damage, shared.party) {
                    shared.script.tell(Event::Halted(number, fault.lasts));
                }
            }
            Damage::Mute => shared.state.send_modify(|state| state.muted_until = Some(until)),
            Damage::Retire => {
                if let Party::Worker(number) = shared.party {
                    shared.script.tell(Event::Retire(number));
                }
            }
        }
        Ok(())
    }
}

/// Hears the server out, and keeps the session for others.
async fn hear_out(mut server: Session, mut waiting: VecDeque<Option<Fault>>, mut answers: Frames, shared: &Shared) {
    let mut bytes = vec![0; 4096];
    while !waiting.is_empty() {
        let Ok(read @ 1..) = server.stream.read(&mut bytes).await else { return };
        answers.push(&bytes[..read]);
        for _ in answers.by_ref().filter(|frame| frame.kind == b'Z') {
            waiting.pop_front();
        }
    }
    shared.sessions.give_back(server).await;
}
