// embedded:io/serial: an ECMA-419 IO class, like the Moddable SDK's module of that name. Declarations only; the code is in
// serial.c.

class Serial @ "xs_serial_destructor" {
	constructor(options) @ "xs_serial"
	read(bufferOrCount) @ "xs_serial_read"
	write(buffer) @ "xs_serial_write"
	close() @ "xs_serial_close"
	get format() @ "xs_serial_get_format"
}

export default Serial;
