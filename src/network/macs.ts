// Operations of a network, counted by its kinds.
import { channelKind, encoderKind, mixerKind, type Network } from "./network";

/**
 * Real multiply-accumulates per step, such as 7 per mode of S4D (4 Abar x, 1 B u, 2 Re(C x)) and
 * 2 H H of a gated linear unit. Scalings, tables, D and the head, which runs once per result, are not counted.
 */
export function macsPerStep({
	H,
	input,
	encoder,
	blocks,
}: Pick<Network, "H" | "input" | "encoder" | "blocks">): number {
	return blocks.reduce(
		(sum, { mixer, channel }) =>
			sum + mixerKind(mixer).macs(mixer, H) + channelKind(channel).macs(channel, H),
		encoderKind(encoder).macs(encoder, { H, channels: input.length }),
	);
}
