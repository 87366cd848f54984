// Builds that run signed models only: Orson Peters' Ed25519 in C, from the npm package ed25519-supercop, and a header with the
// public key. Neither is part of the project.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { projectPath } from "../files/project";
import { fetchSources, type NpmSources } from "./npm-sources";

const ED25519: NpmSources = {
	what: "the sources of Ed25519",
	package: "ed25519-supercop@2.0.1",
	tarball: "ed25519-supercop-2.0.1.tgz",
	integrity:
		"sha512-5K75apA428ygTu/uvWwfOPPqdw65v7lFDLX6CSsV/ByhhVR5xED93KXeKDEMZ7G2Ttd3RyQoL8pFGSoMEWBXHA==",
	inside: "vendor/ed25519/src",
	folder: "ed25519-supercop-2.0.1",
};

/** The sources that a signed build compiles, without extensions: code and headers. */
export const ED25519_NAMES = [
	...["ed25519", "fe", "fixedint", "ge", "precomp_data", "sc", "sha512", "verify"],
] as const;

/**
 * What firmware that trusts this key is built with: the folder of essm-public-key.h, that of Ed25519's sources, and a name.
 * @param publicKey 32 bytes
 */
export async function signedSources(
	publicKey: Uint8Array,
): Promise<{ id: string; folder: string; sources: string }> {
	const id = createHash("sha256").update(publicKey).digest("hex").slice(0, 8);
	const folder = projectPath(`build/keys/${id}`);
	mkdirSync(folder, { recursive: true });
	const bytes = Array.from(publicKey, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(", ");
	writeFileSync(
		`${folder}/essm-public-key.h`,
		`/* Made by host-tools/simulator/signed-build.ts. */\nstatic const unsigned char essmPublicKey[32] = { ${bytes} };\n`,
	);
	return { id, folder, sources: await fetchSources(ED25519, projectPath("build/ed25519")) };
}

/** Arguments of make for firmware that trusts this key, and a suffix for the program's name: none without a key. */
export async function signedBuild(publicKey?: Uint8Array): Promise<{ args: string[]; suffix: string }> {
	if (publicKey === undefined) return { args: [], suffix: "" };
	const { id, folder, sources } = await signedSources(publicKey);
	return { args: [`KEY=${folder}`, `ED25519=${sources}`], suffix: `-${id}` };
}
