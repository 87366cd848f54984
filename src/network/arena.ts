// The kernel's arena, the mutable memory of one stream, computed from the network alone; the kernel computes the same
// (essm_open.c).
import { align4 } from "./layout";
import { encoderKind, headKind, mixerKind, type Network, stages } from "./network";

/**
 * The arena by purpose, in bytes, in order. `control`, `pool` and `states` persist between calls and make up a saved state.
 * `residual` and `signal` (u, replaced by y, replaced by g unless a channel mixer needs both) live for one step; `rows` is
 * scratch in which the current operation unpacks rows that it cannot read in place, sized for the largest need. `total` is the
 * smallest arena; one of `preferred` bytes also keeps all of these rows.
 */
export function arenaLayout(network: Pick<Network, "H" | "encoder" | "blocks" | "head">) {
	const { H, encoder, blocks, head } = network;
	const mean = headKind(head).pooling(head) === "mean";
	const control = 8; // step count, dither
	const pool = mean ? 4 * H : align4(2 * H); // last-step pooling keeps the residual stream itself
	const x = blocks.map(({ mixer }) => mixerKind(mixer).stateBytes(mixer, H));
	const states = x.reduce((a, b) => a + b, 0);
	const residual = mean ? align4(2 * H) : 0;
	const parts = blocks.flatMap((block) => stages(block));
	const signal = align4(2 * H * (parts.some(({ kind }) => kind.needsY) ? 2 : 1));
	const rows = Math.max(
		encoderKind(encoder).scratchBytes(encoder),
		...parts.map(({ part, kind }) => kind.scratchBytes(part, H)),
		headKind(head).scratchBytes(head, H),
	);
	const kept = parts.reduce(
		(bytes, { part, kind }) => bytes + (kind.keptBytes?.(part, H) ?? 0),
		encoderKind(encoder).keptBytes?.(encoder) ?? 0,
	);
	const total = control + pool + states + residual + signal + rows;
	return { control, pool, x, states, residual, signal, rows, total, preferred: total + kept };
}

/** Bytes of a saved state: 8 of heading, the persistent part of the arena, 4 of CRC-32. */
export function savedStateBytes(network: Parameters<typeof arenaLayout>[0]): number {
	const { control, pool, states } = arenaLayout(network);
	return 8 + control + pool + states + 4;
}
