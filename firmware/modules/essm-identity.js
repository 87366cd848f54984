// edge-ssm/identity: SHA-256 as a function. A declaration only; the code is in essm-identity.c, the contract in essm-identity.d.ts.

export function sha256(bytes, start, end) @ "xs_essm_identity_sha256";
