// edge-ssm/partition where the SDK has no flash partitions (simulators).
export default function open(name) {
	throw new Error(`there is no partition ${name} on this platform; pass a resource`);
}
