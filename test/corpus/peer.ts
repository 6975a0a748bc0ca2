/**
 * The address that clients of the corpus come from. It is not the listener's: what the gateway says of its peer must not be
 * mistaken for what the peer says of itself.
 */
export const PEER = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';
