// Text from files in a page: markup and control characters have no effect.
import { expect, test } from "vitest";
import { harmless } from "../../host-tools/report/html";

test("markup is escaped, and what could control a terminal that shows the file is replaced", () => {
	expect(harmless(`<b title="x">'&'</b>`)).toBe("&#60;b title=&#34;x&#34;&#62;&#39;&#38;&#39;&#60;/b&#62;");
	expect(harmless("\x1b[31mwave\n\u202eevaw")).toBe("\ufffd[31mwave\ufffd\ufffdevaw");
	expect(harmless("Grad °C, 手势")).toBe("Grad °C, 手势");
});
