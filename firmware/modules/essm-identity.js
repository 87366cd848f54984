// edge-ssm/identity: SHA-256 and signatures. Declarations only; the code is in essm-identity.c, the contract in essm-identity.d.ts.

export function sha256(bytes, start, end) @ "xs_essm_identity_sha256";
export function trusts(bytes, signature, signed) @ "xs_essm_identity_trusts";

function key() @ "xs_essm_identity_key";

export function publicKey() {
	const bytes = key();
	return bytes && new Uint8Array(bytes);
}
