/*
 * essm-identity.c - binds SHA-256 and the check of signatures to JavaScript (essm-identity.d.ts). One source for XS 13.3 and
 * XS 17. A build with a public key has essm-public-key.h and Ed25519 in C (host-tools/simulator/signed-build.ts).
 */
#include "binding.h"

#include "essm-sha256.h"

#if defined(__has_include)
#if __has_include("essm-public-key.h")
#include "ed25519.h"
#include "essm-public-key.h"
#define ESSM_SIGNED 1
#endif
#endif

void xs_essm_identity_sha256(xsMachine *the)
{
	const uint32_t start = essmToIndex(the, &xsArg(1));
	const uint32_t end = essmToIndex(the, &xsArg(2));
	void *data;
	xsUnsignedValue length;
	uint8_t digest[ESSM_SHA256_BYTES];

	essmGetBuffer(the, &xsArg(0), &data, &length, 0);
	if ((start > end) || (end > length))
		xsRangeError("outside buffer");
	essmSha256((const uint8_t *)data + start, end - start, digest);
	xsmcSetArrayBuffer(xsResult, digest, sizeof(digest));
}

enum { SIGNATURE_BYTES = 64, SIGNED_BYTES = 48 };

void xs_essm_identity_trusts(xsMachine *the)
{
#ifdef ESSM_SIGNED
	const uint32_t signature = essmToIndex(the, &xsArg(1));
	const uint32_t start = essmToIndex(the, &xsArg(2));
	void *data;
	xsUnsignedValue length;
	const uint8_t *bytes;

	essmGetBuffer(the, &xsArg(0), &data, &length, 0);
	if ((length < SIGNATURE_BYTES) || (signature > length - SIGNATURE_BYTES) || (start > length - SIGNED_BYTES))
		xsRangeError("outside buffer");
	bytes = data;
	xsmcSetBoolean(xsResult, signature && ed25519_verify(bytes + signature, bytes + start, SIGNED_BYTES, essmPublicKey));
#else
	xsmcSetBoolean(xsResult, 1);
#endif
}

void xs_essm_identity_key(xsMachine *the)
{
#ifdef ESSM_SIGNED
	xsmcSetArrayBuffer(xsResult, (void *)essmPublicKey, sizeof(essmPublicKey));
#else
	(void)the;
#endif
}
