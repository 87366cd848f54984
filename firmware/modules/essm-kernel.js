// edge-ssm/kernel: the native kernel as a JavaScript class. Declarations only; the code is in essm-kernel.c, the contract in
// essm-kernel.d.ts.

class Kernel @ "xs_essm_kernel_destructor" {
	constructor(blob, most) @ "xs_essm_kernel"
	static arenaSize(blob, most) @ "xs_essm_kernel_arenaSize"
	write(samples, byteOffset, count) @ "xs_essm_kernel_write"
	outputs(buffer) @ "xs_essm_kernel_outputs"
	reset() @ "xs_essm_kernel_reset"
	saveState(buffer) @ "xs_essm_kernel_saveState"
	restoreState(buffer) @ "xs_essm_kernel_restoreState"
	close() @ "xs_essm_kernel_close"
	get channels() @ "xs_essm_kernel_get_channels"
	get outputCount() @ "xs_essm_kernel_get_outputCount"
	get heads() @ "xs_essm_kernel_get_heads"
	get blocks() @ "xs_essm_kernel_get_blocks"
	get arenaBytes() @ "xs_essm_kernel_get_arenaBytes"
	get stateSize() @ "xs_essm_kernel_get_stateSize"
}

export default Kernel;
