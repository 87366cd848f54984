// When an alarm begins and ends [A59].
import type { Detector } from "../network/detector";

export type AlarmSettings = Pick<Detector, "threshold" | "release">;

export class Alarm {
	on = false;

	/** @param score undefined: none yet @returns whether the alarm began or ended with it */
	heed(score: number | undefined, { threshold, release }: AlarmSettings): boolean {
		const on = score !== undefined && score >= (this.on ? release : threshold);
		const changed = on !== this.on;
		this.on = on;
		return changed;
	}
}
