// What a kernel for one model may leave out (firmware/kernel/essm_kinds.h).
import { readFileSync } from "node:fs";
import { getPath } from "../../src/network/layout";
import { type Mixer, mixerKind, type Network } from "../../src/network/network";
import { projectPath } from "../files/project";

/** Kinds as the kernel lists them: the list and the kind, as NORM_AFFINE, and the name that a build leaves them out by. */
function kernelKinds(): { kind: string; name: string }[] {
	const list = readFileSync(projectPath("firmware/kernel/essm_kinds.h"), "utf8");
	return Array.from(list.matchAll(/^\tKEEP\(KIND, ESSM_(\w+), \w+, (\w+)\)/gm), ([, kind, name]) => ({
		kind: kind!,
		name: name!,
	}));
}

/** The kind of a mixer's poles; none for a mixer without a part of its own kinds. */
function polesOf(mixer: Mixer): string[] {
	const { inner } = mixerKind(mixer).layout;
	return inner ? [`POLES_${(getPath(mixer, inner.path) as { kind: string }).kind}`] : [];
}

/** Names of the kinds that a network does without, as in ESSM_WITHOUT_NAME. @throws Error for a kind that the kernel does not list */
export function kindsLeftOut({ encoder, blocks, head }: Network): string[] {
	const used = new Set([
		`ENCODER_${encoder.kind}`,
		...blocks.flatMap(({ norm, mixer, activation, channel, post }) => [
			`NORM_${norm.kind}`,
			`MIXER_${mixer.kind}`,
			...polesOf(mixer),
			`ACTIVATION_${activation.kind}`,
			`CHANNEL_${channel.kind}`,
			`POST_${post.kind}`,
		]),
		`HEAD_${head.kind}`,
	]);
	const needed = Array.from(used, (name) => name.toUpperCase()).filter((kind) => kind !== "POST_NONE");
	const kinds = kernelKinds();
	for (const need of needed)
		if (!kinds.some(({ kind }) => kind === need)) throw new Error(`essm_kinds.h has no ESSM_${need}`);
	return kinds.filter(({ kind }) => !needed.includes(kind)).map(({ name }) => name);
}
