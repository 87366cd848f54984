/*
 * essm-identity.c - binds SHA-256 to JavaScript (essm-identity.d.ts). One source for XS 13.3 and XS 17.
 */
#include "binding.h"

#include "essm-sha256.h"

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
