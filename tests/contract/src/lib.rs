//! The contract suite: what a running service must do, over HTTP and WebSocket.
