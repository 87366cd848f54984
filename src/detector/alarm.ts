// Start and end of alarms [A59].
import type { Detector } from "../network/detector";

export type AlarmSettings = Pick<Detector, "threshold" | "release">;

export class Alarm {
	on = false;

	/** @param score undefined: none yet @returns whether the alarm started or ended */
	heed(score: number | undefined, { threshold, release }: AlarmSettings): boolean {
		const on = score !== undefined && score >= (this.on ? release : threshold);
		const changed = on !== this.on;
		this.on = on;
		return changed;
	}
}
