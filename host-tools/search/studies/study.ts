// A published study of networks with any mixer. A study is one object in a file named after it; studies.ts lists it once.
import type { PublishedRow } from "../kinds/kind";

export interface NamedStudy {
	/** Whether results of its networks are right or wrong; else they are values. */
	counts: boolean;
	/** Whether such networks have no other study. */
	only: boolean;
	/** What it is, for --help. */
	about: string;
	/** @param data name of the data set @param ahead steps that the network forecasts; 0: none */
	rows(data: string, ahead: number): PublishedRow[];
}
