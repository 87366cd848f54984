// All kinds of operations, by name. A kind's files define `kind_NAME`; to add one, add its line here.
#define KINDS(KIND) \
	KIND(encoder_linear) \
	KIND(encoder_embedding) \
	KIND(norm_none) \
	KIND(norm_batch) \
	KIND(norm_layer) \
	KIND(norm_rms) \
	KIND(s4d) \
	KIND(s5) \
	KIND(gelu) \
	KIND(gelu_tanh) \
	KIND(gelu_sigmoid) \
	KIND(qgelu) \
	KIND(relu) \
	KIND(glu) \
	KIND(half_glu1) \
	KIND(half_glu2) \
	KIND(ungated) \
	KIND(post_none) \
	KIND(post_batch) \
	KIND(post_layer) \
	KIND(post_rms) \
	KIND(head_classes) \
	KIND(head_values) \
	KIND(head_values_step)
