// What the application needs from a target, or from a test.
import type { KernelClass } from "../../src/classifier/model";
import type { Ending, Flash } from "../../src/store/slot";
import type { Sha256, Trusts } from "./admit";
import type { SampleSource } from "./stream";

export interface Platform {
	/** Name of the target, such as "host" or "esp32". */
	target: string;
	/** The partitions model_a and model_b. */
	slots: readonly [Flash, Flash];
	kernel: KernelClass;
	sha256: Sha256;
	trusts: Trusts;
	/** The 32 bytes of the key that signs what this firmware runs; undefined: it runs unsigned models. */
	publicKey?: Uint8Array | undefined;
	send(bytes: Uint8Array, length: number): void;
	memory(): object;
	microseconds(): number;
	/** CPU counter; only differences modulo 2^32 are meaningful. */
	count?: () => number | undefined;
	/** What `count` counts, such as "cycles"; undefined when the target has no such counter. */
	counted?: string | undefined;
	/** Toolchain the firmware was built with. */
	toolchain?: string;
	/** Prints a line wherever the target prints its log. */
	log(text: string): void;
	/** Defers a callback until the current call returns; results are sent this way. Default: a promise job. */
	schedule?: (callback: () => void) => void;
	sensor?: SampleSource;
	/** How the run before ended, when neither power failed nor a restart was wanted. */
	resetCause?: Ending | undefined;
	/** Restarts the device; without it the application restarts itself. */
	restart?: () => void;
}
