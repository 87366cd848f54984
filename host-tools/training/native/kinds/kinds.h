// All kinds of operations, by name. A kind's files define `kind_NAME`; to add one, add its line here.
#define KINDS(KIND) \
	KIND(encoder_linear) \
	KIND(norm_none) \
	KIND(norm_batch) \
	KIND(s4d) \
	KIND(gelu) \
	KIND(gelu_tanh) \
	KIND(gelu_sigmoid) \
	KIND(glu) \
	KIND(head_classes)
