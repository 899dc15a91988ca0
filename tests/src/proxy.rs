//! A proxy before Postgres, which can cut the connections of its clients without the server's noticing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

use crate::database::TestDb;

/// A proxy on a port of this machine.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    cut: watch::Sender<u64>,
    /// The server's ends of connections that were cut: they stay open.
    kept: Arc<Mutex<Vec<UnixStream>>>,
}

impl Proxy {
    /// A proxy before the server of a test's database.
    pub async fn start(db: &TestDb) -> Self {
        let options = db.pool().connect_options();
        let socket = options.get_socket().expect("the server listens on a socket").join(".s.PGSQL.5432");
        let database = options.get_database().expect("it has a name").to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let (cut, cuts) = watch::channel(0);
        let kept = Arc::default();
        tokio::spawn(accept(listener, socket, cuts, Arc::clone(&kept)));
        Self { url: format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable"), cut, kept }
    }

    /// The address of the database through this proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes the connections that there are; the server goes on with what it does, and hears nothing more. New ones are accepted.
    pub fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Lets the server know that the connections are gone.
    pub fn let_go(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, cuts: watch::Receiver<u64>, kept: Arc<Mutex<Vec<UnixStream>>>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = UnixStream::connect(&socket).await else { continue };
        let (mut cuts, kept) = (cuts.clone(), Arc::clone(&kept));
        cuts.mark_unchanged();
        tokio::spawn(async move {
            let mut server = server;
            if forward(client, &mut server, &mut cuts).await {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(server);
            }
        });
    }
}

/// Forwards both ways until either side closes or the connection is cut (then: true).
async fn forward(mut client: TcpStream, server: &mut UnixStream, cuts: &mut watch::Receiver<u64>) -> bool {
    let _ = client.set_nodelay(true);
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let written = tokio::select! {
            read = client.read(&mut up) => match read {
                Ok(0) | Err(_) => return false,
                Ok(n) => server.write_all(&up[..n]).await,
            },
            read = server.read(&mut down) => match read {
                Ok(0) | Err(_) => return false,
                Ok(n) => client.write_all(&down[..n]).await,
            },
            _ = cuts.changed() => return true,
        };
        if written.is_err() {
            return false;
        }
    }
}
