// The shipped firmware on XS on this machine, powered on.
import { applicationFor } from "../../host-tools/simulator/application";
import { buildHost } from "../../host-tools/simulator/build";
import { Simulator } from "../../host-tools/simulator/simulator";
import { type HostOptions, hostCommand } from "../../host-tools/simulator/target";

export async function startHost(options: Omit<HostOptions, "app">): Promise<Simulator> {
	return new Simulator(hostCommand(await buildHost(), { ...options, app: await applicationFor("host") }));
}
