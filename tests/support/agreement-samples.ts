// What networks see where engines are held to each other on devices, which know a network by its kernel alone.
import { randomSamples } from "./random-network";

/** Random samples; of one channel, every second is a byte, as tokens are. */
export function agreementSamples(seed: number, steps: number, channels: number): Int16Array {
	const samples = randomSamples(seed, steps, channels);
	for (let t = 0; channels === 1 && t < steps; t += 2) samples[t]! &= 255;
	return samples;
}
