// edge-ssm/partition: flash partitions by name, where the platform has them.

declare module "edge-ssm/partition" {
	/** The partition in place, and the bytes of its sectors. @throws Error in one sentence when there is none of this name */
	export default function open(name: string): { buffer: ArrayBuffer; blockSize: number };
}
