/*
 * identity.c - counts SHA-256 of a blob and the check of its signature on bare RV32IMC, and checks both results. Prints "name
 * number" lines. QEMU's loader puts at DATA: u32 length of what is hashed, public key (32), signature (64), what it is of (48, the
 * identity first), bytes.
 */
#include "ed25519.h"
#include "essm-sha256.h"
#include "machine.h"

enum { KEY = 4, SIGNATURE = 36, SIGNED = 100, BYTES = 148 };

static const uint8_t *const data = (const uint8_t *)0x80800000;
static uint8_t digest[ESSM_SHA256_BYTES];
static uint8_t forged[64];

static void print(const char *name, uint32_t value)
{
	machinePrint(name);
	machinePut(' ');
	machinePrintNumber(value, 10);
	machinePut('\n');
}

int main(void)
{
	const uint32_t length = *(const uint32_t *)(const void *)data;
	uint32_t start = (uint32_t)machineInstructions(), overhead = (uint32_t)machineInstructions() - start;
	int good, bad = 0;

	start = (uint32_t)machineInstructions();
	essmSha256(data + BYTES, length, digest);
	print("sha256", (uint32_t)machineInstructions() - start - overhead);
	for (int i = 0; i < ESSM_SHA256_BYTES; i++)
		bad |= digest[i] ^ data[SIGNED + i];

	start = (uint32_t)machineInstructions();
	good = ed25519_verify(data + SIGNATURE, data + SIGNED, BYTES - SIGNED, data + KEY);
	print("verify", (uint32_t)machineInstructions() - start - overhead);
	for (int i = 0; i < 64; i++)
		forged[i] = data[SIGNATURE + i] ^ (5 == i);
	bad |= ed25519_verify(forged, data + SIGNED, BYTES - SIGNED, data + KEY);
	print("stack", machineStackBytes() - machineStackUnused());
	return good && !bad ? 0 : 1;
}
