// edge-ssm/link: the device's end of the link that the command line speaks (docs/LINK.md).
export { LinkError, Status, StreamSource } from "../../../src/link/commands";
export { type Device, LinkServer, type ModelSummary } from "../../../src/link/server";
