//! What the clients of a worker reach, whatever they come through.

use super::peers::PeerConnection;
use super::sockets::Sockets;
use crate::address::FiveTuple;
use crate::clock::Now;
use crate::metrics::Traffic;
use crate::server::{Output, Server};

/// What goes back to a client.
pub(super) struct Answer {
    pub(super) reply: Vec<u8>,
    /// What its stream is bound to from then on.
    pub(super) bound: Option<PeerConnection>,
}

/// The control plane of a worker, and the sockets it relays through.
pub(super) struct Core {
    pub(super) server: Server<Sockets>,
    pub(super) sockets: Sockets,
    /// Sent to peers so far.
    pub(super) to_peers: Traffic,
    /// Sent to clients so far.
    pub(super) to_clients: Traffic,
}

impl Core {
    /// Gives the server a message, and the peer what is for it. The answer, if there is one.
    pub(super) fn message(&mut self, now: Now, from: FiveTuple, message: &[u8]) -> Option<Answer> {
        match self.server.message(now, from, message, &mut self.sockets) {
            Output::Nothing => None,
            Output::Reply(reply) => Some(Answer { reply, bound: None }),
            Output::Bound { reply, connection } => Some(Answer {
                reply,
                bound: Some(connection),
            }),
            Output::ToPeer {
                socket,
                peer,
                data,
                dont_fragment,
            } => {
                self.to_peers.count(data.len());
                socket.send(data, peer, dont_fragment);
                None
            }
        }
    }

    /// Sends what came on a channel to its peer.
    pub(super) fn channel_data(&mut self, now: Now, from: FiveTuple, number: u16, data: &[u8]) {
        let allocation = self.server.find(&from);
        let to = allocation.and_then(|key| self.server.channel_data(now, key, number, data.len()));
        if let Some((socket, peer)) = to {
            self.to_peers.count(data.len());
            socket.send(data, peer, false);
        }
    }
}
