//! A restart while clients go on sending.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::process::Relay;

const CLIENTS: usize = 50;
/// How long a client may take to be served again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether data passes both ways.
fn is_served(client: &Client, number: u8) -> bool {
    let data = [0x40, 0, 0, 4, number, 1, 2, 3];
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        client.socket.send(&data).unwrap();
        let mut room = [0; 64];
        while let Ok(length) = client.socket.recv(&mut room) {
            if room[..length] == data {
                return true;
            }
        }
    }
    false
}

/// Ends the load, however the test ends.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn after_a_restart_under_load_all_clients_come_back() {
    let relay = Relay::start("quota = { per_user = 1000, per_address = 1000 }");
    relay.echo();
    let peer = SocketAddr::from((relay.peers, 34_998));
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::new(&relay)).collect();
    let allocate = |client: &mut Client| {
        assert_eq!(client.allocate().error(), None);
        assert_eq!(client.bind(0x4000, peer).error(), None);
    };
    clients.iter_mut().for_each(allocate);
    // The load: everybody's data, without a pause, before, while and after it is down.
    let sockets: Vec<UdpSocket> = clients
        .iter()
        .map(|client| client.socket.try_clone().unwrap())
        .collect();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for socket in &sockets {
                    // (Nobody listens for a moment.)
                    let _ = socket.send(&[0x40, 0, 0, 4, 0xFF, 1, 2, 3]);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let _stop = Stop(&stop);
        let _relay = relay.start_again();
        for (number, client) in (0..).zip(&mut clients) {
            // Its nonce and its allocation are those of another life.
            assert_eq!(client.refresh(600).error(), Some(437));
            allocate(client);
            assert!(is_served(client, number), "client {number} is not served");
        }
    });
}
