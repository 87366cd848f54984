// XS's sources: the folder moddable/xs of the npm package @agoric/xsnap.
import { projectPath } from "../files/project";
import { fetchSources, type NpmSources } from "./npm-sources";

const XS: NpmSources = {
	what: "the sources of XS",
	package: "@agoric/xsnap@0.15.0", // XS 13.3.0
	tarball: "agoric-xsnap-0.15.0.tgz",
	integrity:
		"sha512-ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==",
	inside: "moddable/xs",
	folder: "xsnap-0.15.0",
};

/** The folder of XS's sources (with sources/, includes/, platforms/), fetched when they are not there. @throws UserError */
export function fetchXS(folder = projectPath("build/xs")): Promise<string> {
	return fetchSources(XS, folder);
}
