// Codes that are not the ledger's: of the node's doors and rooms, of the client and of the command line. They have no table of their
// own, each stands where it is thrown; the test of the reference holds this list against the sources.

type Codes = { readonly [code: string]: string }

/** Codes that HTTP answers as problem+json, with their status. */
export const gatewayCodes: Codes = {
  'gateway/malformed': '400: the body, an address or a hash is not well-formed',
  'gateway/unknown_token': "401: the bearer token is not the operator's",
  'gateway/no_receipt': '404: no operation of this id has succeeded',
  'gateway/not_found': '404: there is no such path',
  'gateway/method': '405: the path answers another method',
  'gateway/too_large': '413: the body is longer than the route takes',
  'gateway/content_type': '415: the faucet wants `application/json`',
  'gateway/encoding': '415: compressed bodies are not accepted',
  'gateway/unknown_host': "421: a development node was called by a name that is not its machine's",
  'gateway/internal': '500: a mistake of the node; its log says more',
  'gateway/overloaded': '503: as many requests are in progress as the node takes',
  'gateway/starting': '503: the node is starting',
  'gateway/stopping': '503: the node is stopping',
  'gateway/too_many_streams': '503: as many event streams are open as the node takes',
  'engine/overloaded': '503: as many operations wait for a block as the node takes',
  'engine/stopped': '503: the node is stopping; the outcome is unknown, send the same bytes again',
  'signatures/overloaded': '503: as many signatures wait for a verdict as the node takes',
  'signatures/closed': '503: the node is stopping',
}

/** Codes with which a node does not start, ends, or which `doctor` reports. */
export const nodeCodes: Codes = {
  'node/config': 'a setting is out of bounds or contradicts another',
  'node/genesis_file': 'the genesis document cannot be read',
  'node/chain_id': "the chain id is a public chain's, or not the development chain's",
  'node/key_missing': 'a key file of the data directory is gone',
  'node/wrong_key': 'a key file is not the one that the genesis names',
  'node/locked': 'another process uses the data directory',
  'node/address_in_use': 'another program listens on the port',
  'node/address_not_available': 'the machine cannot listen on the address',
  'engine/no_genesis': 'the data directory has no chain yet',
  'engine/other_genesis': 'the data directory holds another chain than the genesis document given',
  'engine/genesis_damaged': 'the stored genesis document is not what was written',
  'engine/wrong_genesis': 'the block log belongs to another chain',
  'engine/log_damaged': 'the block log is damaged, and not at its end',
  'engine/log_format': 'the block log was written by a later version',
  'engine/log_write_failed': 'a block could not be written; the process ends',
  'engine/replay_diverged': 'a block comes out differently than the log says',
  'engine/clock_behind': 'the clock stands more than a minute behind the last block',
  'engine/signatures': 'a recorded signer did not sign (found by `doctor`)',
  'history/failed': "history can't be written or read; the process ends",
  'history/stale': 'history does not fit the log; it is built again',
  'signatures/worker_failed': 'a thread that judges signatures failed; the process ends',
  'signatures/native_missing': 'this machine has no native verifier',
}

/** Codes of the client and of the command line. */
export const clientCodes: Codes = {
  'sdk/unreachable': "the node can't be reached",
  'sdk/timeout': 'the node did not answer in time',
  'sdk/malformed_answer': 'the answer is none of a node of this version',
  'sdk/wrong_chain': 'the node serves another chain than the client insists on',
  'sdk/unknown_asset': 'the chain has no such asset',
  'sdk/amount_invalid': 'the amount is no whole number of base units, or no plain decimal',
  'sdk/address_invalid': 'this is no address',
  'sdk/key_invalid': 'this is no private key',
  'sdk/over_refund': 'more than is left of the payment',
  'sdk/not_a_payment': 'the operation to refund is no payment',
  'rpc/parse_error': 'JSON-RPC -32700',
  'rpc/invalid_request': 'JSON-RPC -32600',
  'rpc/method_not_found': 'JSON-RPC -32601',
  'rpc/invalid_params': 'JSON-RPC -32602',
  'rpc/internal_error': 'JSON-RPC -32603',
  'rpc/error': 'any other error of JSON-RPC without a code of its own',
  'cli/usage': 'the command was not called as its help says; exit code 2',
  'cli/internal': 'a mistake of the program',
  'keystore/exists': 'there is a keystore of this name',
  'keystore/not_found': 'there is no keystore of this name',
  'keystore/malformed': 'the file is no keystore (Ethereum V3)',
  'keystore/no_address': 'the keystore does not say its address',
  'keystore/readable_by_others': "the file's rights let others read it",
  'keystore/password_needed': 'the keystore has a password, and none was given',
  'keystore/wrong_password': 'the password does not open the keystore',
  'keystore/unwritable': "the file can't be written",
  'demo/port_in_use': "the port for the priced API can't be opened",
}
