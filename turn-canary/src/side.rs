//! One of the two: a peer connection whose only way out is an allocation on the relay.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateRelayConfig, RTCIceCandidate, RTCIceCandidateInit};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::sansio::Protocol as _;
use rtc::shared::error::Error as RtcError;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use rtc::turn::client::{Client, ClientConfig, Event};

use crate::credentials::Credentials;
use crate::wire::Wire;

/// What went wrong on a side.
#[derive(Debug, thiserror::Error)]
pub enum SideError {
    /// The way to the relay.
    #[error("the relay cannot be reached: {0}")]
    Wire(#[from] io::Error),
    /// The relay refused.
    #[error("the relay refused: {0}")]
    Refused(String),
    /// The peer connection.
    #[error("the connection failed: {0}")]
    Connection(#[from] RtcError),
}

/// What happened on a side.
pub enum Happened {
    /// The relay has given an address.
    Relayed,
    /// The data channel is open.
    Open,
    /// A message came through it.
    Message(Vec<u8>),
}

/// A peer, its TURN client, and their way to the relay.
pub struct Side {
    wire: Wire,
    turn: Client,
    peer: RTCPeerConnection,
    local: SocketAddr,
    server: SocketAddr,
    relayed: Option<SocketAddr>,
    /// Whom data may be sent to: false as long as the relay was only asked.
    permitted: HashMap<SocketAddr, bool>,
    channel: Option<RTCDataChannelId>,
}

impl Side {
    /// Asks the relay for an allocation.
    pub fn new(wire: Wire, server: SocketAddr, credentials: &Credentials, now: Instant) -> Result<Self, SideError> {
        let local = wire.local()?;
        let config = ClientConfig {
            turn_serv_addr: server.to_string(),
            local_addr: local,
            // Streams are cut into messages by the wire.
            transport_protocol: TransportProtocol::UDP,
            username: credentials.username.clone(),
            password: credentials.password.to_string(),
            ..ClientConfig::default()
        };
        let provider = rtc::crypto::default_provider().map_err(|error| SideError::Refused(error.to_string()))?;
        let mut turn = Client::new(config, provider)?;
        turn.allocate(now)?;
        // A relayed candidate is the only one, so nothing better is waited for.
        let settings = SettingEngineBuilder::new()
            .with_relay_acceptance_min_wait(Some(Duration::ZERO))
            .build();
        let peer = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_setting_engine(settings)
            .build(now)?;
        Ok(Self {
            wire,
            turn,
            peer,
            local,
            server,
            relayed: None,
            permitted: HashMap::new(),
            channel: None,
        })
    }

    /// Makes the channel, on which what is lost stays lost, and the offer.
    pub fn offer(&mut self, now: Instant) -> Result<RTCSessionDescription, SideError> {
        let lossy = RTCDataChannelInit {
            ordered: false,
            max_retransmits: Some(0),
            ..RTCDataChannelInit::default()
        };
        self.peer.create_data_channel("canary", Some(lossy))?;
        let offer = self.peer.create_offer(None)?;
        self.peer.set_local_description(now, offer.clone())?;
        Ok(offer)
    }

    /// Takes an offer and answers it.
    pub fn answer(&mut self, now: Instant, offer: RTCSessionDescription) -> Result<RTCSessionDescription, SideError> {
        self.peer.set_remote_description(now, offer)?;
        let answer = self.peer.create_answer(None)?;
        self.peer.set_local_description(now, answer.clone())?;
        Ok(answer)
    }

    /// Takes the answer.
    pub fn accept(&mut self, now: Instant, answer: RTCSessionDescription) -> Result<(), SideError> {
        Ok(self.peer.set_remote_description(now, answer)?)
    }

    /// Its only candidate, once the relay has given it an address.
    pub fn candidate(&mut self) -> Result<Option<(SocketAddr, RTCIceCandidateInit)>, SideError> {
        let Some(relayed) = self.relayed else {
            return Ok(None);
        };
        let config = CandidateRelayConfig {
            base_config: CandidateConfig {
                network: "udp".to_owned(),
                address: relayed.ip().to_string(),
                port: relayed.port(),
                component: 1,
                ..CandidateConfig::default()
            },
            rel_addr: self.local.ip().to_string(),
            rel_port: self.local.port(),
            ..CandidateRelayConfig::default()
        };
        let candidate = RTCIceCandidate::from(&config.new_candidate_relay()?).to_json()?;
        self.peer.add_local_candidate(candidate.clone())?;
        Ok(Some((relayed, candidate)))
    }

    /// Takes the other's candidate, and asks the relay to let its data through.
    pub fn hear_of(
        &mut self,
        now: Instant,
        other: SocketAddr,
        candidate: RTCIceCandidateInit,
    ) -> Result<(), SideError> {
        if let Some(relayed) = self.relayed {
            self.turn.relay(relayed)?.create_permission(now, other)?;
            self.permitted.insert(other, false);
        }
        Ok(self.peer.add_remote_candidate(candidate)?)
    }

    /// Sends a message through the data channel.
    pub fn send(&mut self, now: Instant, message: &[u8]) -> Result<(), SideError> {
        if let Some(mut channel) = self.channel.and_then(|id| self.peer.data_channel(id)) {
            channel.send(now, BytesMut::from(message))?;
        }
        Ok(())
    }

    /// When something is due, if nothing comes before.
    pub fn due(&mut self) -> Option<Instant> {
        let (peer, turn) = (self.peer.poll_timeout(), self.turn.poll_timeout());
        peer.into_iter().chain(turn).min()
    }

    /// The way to the relay, to wait on.
    #[must_use]
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Does all that can be done without waiting; `heard` is told what happened.
    pub fn advance(&mut self, now: Instant, heard: &mut Vec<Happened>) -> Result<(), SideError> {
        while let Some(message) = self.wire.receive()? {
            self.turn
                .handle_read(self.tagged(now, self.local, self.server, &message))?;
            self.turn_events(now, heard)?;
        }
        self.turn.handle_timeout(now)?;
        self.peer.handle_timeout(now)?;
        self.turn_events(now, heard)?;
        self.peer_events(heard)?;
        while let Some(datagram) = self.peer.poll_write() {
            let to = datagram.transport.peer_addr;
            // Before there is a permission it would be lost anyway.
            if let Some(relayed) = self.relayed
                && self.permitted.get(&to) == Some(&true)
            {
                self.turn.relay(relayed)?.send_to(now, &datagram.message, to)?;
            }
        }
        while let Some(message) = self.turn.poll_write() {
            self.wire.send(&message.message)?;
        }
        Ok(self.wire.flush()?)
    }

    fn turn_events(&mut self, now: Instant, heard: &mut Vec<Happened>) -> Result<(), SideError> {
        while let Some(event) = self.turn.poll_event() {
            match event {
                Event::AllocateResponse(_, relayed) => {
                    self.relayed = Some(relayed);
                    heard.push(Happened::Relayed);
                }
                Event::AllocateError(_, error) | Event::CreatePermissionError(_, error) => {
                    return Err(SideError::Refused(error.to_string()));
                }
                Event::CreatePermissionResponse(_, peer) => drop(self.permitted.insert(peer, true)),
                Event::TransactionTimeout(_) => {
                    return Err(SideError::Refused("it does not answer".to_owned()));
                }
                Event::DataIndicationOrChannelData(_, from, data) => {
                    if let Some(relayed) = self.relayed {
                        self.peer.handle_read(self.tagged(now, relayed, from, &data))?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn peer_events(&mut self, heard: &mut Vec<Happened>) -> Result<(), SideError> {
        while let Some(event) = self.peer.poll_event() {
            match event {
                RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Failed) => {
                    return Err(SideError::Refused("no way through the relay was found".to_owned()));
                }
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => {
                    self.channel = Some(id);
                    heard.push(Happened::Open);
                }
                _ => {}
            }
        }
        while let Some(TaggedRTCMessage { message, .. }) = self.peer.poll_read() {
            if let RTCMessage::DataChannelMessage(_, message) = message {
                heard.push(Happened::Message(message.data.to_vec()));
            }
        }
        Ok(())
    }

    /// Gives the allocation back.
    pub fn close(&mut self, now: Instant) {
        // What fails here ends by itself a little later.
        if let Some(relayed) = self.relayed
            && let Ok(mut relay) = self.turn.relay(relayed)
        {
            let _ = relay.close(now);
        }
        while let Some(message) = self.turn.poll_write() {
            let _ = self.wire.send(&message.message);
        }
    }

    #[expect(clippy::unused_self, reason = "reads as what it is where it is called")]
    fn tagged(&self, now: Instant, local: SocketAddr, peer: SocketAddr, message: &[u8]) -> TaggedBytesMut {
        TaggedBytesMut {
            now,
            transport: TransportContext {
                local_addr: local,
                peer_addr: peer,
                ecn: None,
                transport_protocol: TransportProtocol::UDP,
            },
            message: BytesMut::from(message),
        }
    }
}
