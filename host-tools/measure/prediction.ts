// The host's prediction for a model no device has run: from shapes and widths alone, by the layout shared by writer and kernel,
// and by the search's cost model.

import { readContainer } from "../../src/blob/container";
import { HEADER, SECTION, SIGNATURE_BYTES } from "../../src/blob/schema";
import { sectionsOf } from "../../src/blob/write";
import { arenaLayout } from "../../src/network/arena";
import { align4, headerBytes } from "../../src/network/layout";
import type { Network } from "../../src/network/network";
import { instructionsOf } from "../search/cost";

export interface Prediction {
	/** Bytes of the arena and of the blob: exact. */
	arena: number;
	blob: number;
	/** Instructions per step on RV32IMC, within a few percent. */
	instructions: number;
}

export function predict(blob: Uint8Array, network: Network): Prediction {
	const heading = headerBytes(SECTION);
	const sections = sectionsOf(network).reduce(
		(sum, { content }) => sum + heading + align4(content.length),
		0,
	);
	const signature = readContainer(blob).signature ? heading + SIGNATURE_BYTES : 0;
	return {
		arena: arenaLayout(network).total,
		blob: headerBytes(HEADER) + sections + signature,
		instructions: instructionsOf(network),
	};
}
