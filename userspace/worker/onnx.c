// SPDX-License-Identifier: MIT
#include "onnx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"
#include "proto.h"

/* Numbers of fields, as onnx.proto3 names them. */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER_NAME, MODEL_GRAPH = 7,
       MODEL_OPSET_IMPORT, MODEL_METADATA_PROPS = 14 };
enum { OPSET_VERSION = 2 };
enum { PROP_KEY = 1, PROP_VALUE };
enum { GRAPH_NODE = 1, GRAPH_NAME, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT };
enum { NODE_INPUT = 1, NODE_OUTPUT, NODE_NAME, NODE_OP_TYPE, NODE_ATTRIBUTE };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_I = 3, ATTRIBUTE_TYPE = 20 };
enum { TENSOR_DIMS = 1, TENSOR_DATA_TYPE, TENSOR_NAME = 8, TENSOR_RAW_DATA };
enum { VALUE_NAME = 1, VALUE_TYPE };
enum { TYPE_TENSOR = 1 };
enum { TENSOR_TYPE_ELEM = 1, TENSOR_TYPE_SHAPE };
enum { SHAPE_DIM = 1 };
enum { DIM_VALUE = 1, DIM_PARAM };

#define TYPE_DOUBLE	11	/* TensorProto.DataType */
#define TYPE_INT	2	/* AttributeProto.AttributeType */
#define IR_VERSION	8
#define OPSET		13
#define NAME_CAP	32

/* The value that the last node gave, and the number of the next. */
struct chain {
	struct proto graph;
	char at[NAME_CAP];
	unsigned int next;
};

/* ---- tensors -------------------------------------------------------------- */

static void add_tensor(struct proto *graph, const char *name, size_t rows, size_t columns,
		       const double *data)
{
	struct proto tensor = { 0 };

	if (rows)
		proto_number(&tensor, TENSOR_DIMS, rows);
	proto_number(&tensor, TENSOR_DIMS, columns);
	proto_number(&tensor, TENSOR_DATA_TYPE, TYPE_DOUBLE);
	proto_text(&tensor, TENSOR_NAME, name);
	proto_bytes(&tensor, TENSOR_RAW_DATA, data, (rows ? rows : 1) * columns * sizeof(*data));
	proto_message(graph, GRAPH_INITIALIZER, &tensor);
}

/* [n, columns] */
static void add_value(struct proto *graph, unsigned int field, const char *name, size_t columns)
{
	struct proto dim = { 0 }, shape = { 0 }, tensor = { 0 }, type = { 0 }, value = { 0 };

	proto_text(&dim, DIM_PARAM, "n");
	proto_message(&shape, SHAPE_DIM, &dim);
	proto_number(&dim, DIM_VALUE, columns);
	proto_message(&shape, SHAPE_DIM, &dim);
	proto_number(&tensor, TENSOR_TYPE_ELEM, TYPE_DOUBLE);
	proto_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
	proto_message(&type, TYPE_TENSOR, &tensor);
	proto_text(&value, VALUE_NAME, name);
	proto_message(&value, VALUE_TYPE, &type);
	proto_message(graph, field, &value);
}

/* ---- nodes ------------------------------------------------------------------ */

/* @inputs: NULL terminated. Its output is where the chain is then. */
static void add_node(struct chain *chain, const char *op, const char *const *inputs,
		     bool transposed)
{
	struct proto node = { 0 }, attribute = { 0 };
	char name[NAME_CAP];

	for (; *inputs; inputs++)
		proto_text(&node, NODE_INPUT, *inputs);
	snprintf(name, sizeof(name), "%s%u", op, chain->next++);
	strcpy(chain->at, name);
	proto_text(&node, NODE_OUTPUT, name);
	proto_text(&node, NODE_NAME, name);
	proto_text(&node, NODE_OP_TYPE, op);
	if (transposed) {
		proto_text(&attribute, ATTRIBUTE_NAME, "transB");
		proto_number(&attribute, ATTRIBUTE_I, 1);
		proto_number(&attribute, ATTRIBUTE_TYPE, TYPE_INT);
		proto_message(&node, NODE_ATTRIBUTE, &attribute);
	}
	proto_message(&chain->graph, GRAPH_NODE, &node);
}

static void add_unary(struct chain *chain, const char *op)
{
	char at[NAME_CAP];
	const char *const inputs[] = { at, NULL };

	strcpy(at, chain->at);
	add_node(chain, op, inputs, false);
}

/* The operator takes the chain's value and a tensor. */
static void add_binary(struct chain *chain, const char *op, const char *name,
		       const double *data, size_t columns)
{
	char at[NAME_CAP];
	const char *const inputs[] = { at, name, NULL };

	strcpy(at, chain->at);
	add_tensor(&chain->graph, name, 0, columns, data);
	add_node(chain, op, inputs, false);
}

static void add_scaler(struct chain *chain, const struct scaler *scaler)
{
	char row[NAME_CAP], missing[NAME_CAP];
	const char *const inputs[] = { missing, "fill", row, NULL };

	strcpy(row, chain->at);
	add_unary(chain, "IsNaN");
	strcpy(missing, chain->at);
	add_tensor(&chain->graph, "fill", 0, scaler->columns, scaler->fill);
	add_node(chain, "Where", inputs, false);
	add_binary(chain, "Sub", "shift", scaler->shift, scaler->columns);
	add_binary(chain, "Div", "scale", scaler->scale, scaler->columns);
}

static void add_layer(struct chain *chain, const struct model *model, size_t layer)
{
	struct net_layer at = net_layer(&model->net, layer);
	char from[NAME_CAP], weight[NAME_CAP], bias[NAME_CAP];
	const char *const inputs[] = { from, weight, bias, NULL };

	strcpy(from, chain->at);
	snprintf(weight, sizeof(weight), "layer%zu.weight", layer);
	snprintf(bias, sizeof(bias), "layer%zu.bias", layer);
	add_tensor(&chain->graph, weight, at.units, at.inputs, model->theta + at.weight);
	add_tensor(&chain->graph, bias, 0, at.units, model->theta + at.bias);
	add_node(chain, "Gemm", inputs, true);
	if (layer < model->net.hidden)
		add_unary(chain, model->net.activation == NET_TANH ? "Tanh" : "Relu");
}

/* ---- the model ---------------------------------------------------------------- */

static void finish_graph(struct chain *chain, const struct net *net)
{
	struct proto node = { 0 };

	proto_text(&node, NODE_INPUT, chain->at);
	proto_text(&node, NODE_OUTPUT, "score");
	proto_text(&node, NODE_NAME, "score");
	proto_text(&node, NODE_OP_TYPE, net->loss == LOSS_LOG ? "Sigmoid" : "Identity");
	proto_message(&chain->graph, GRAPH_NODE, &node);
	add_value(&chain->graph, GRAPH_INPUT, "row", net->inputs);
	add_value(&chain->graph, GRAPH_OUTPUT, "score", net->outputs);
}

static void add_prop(struct proto *model, const char *key, const char *value)
{
	struct proto prop = { 0 };

	proto_text(&prop, PROP_KEY, key);
	proto_text(&prop, PROP_VALUE, value);
	proto_message(model, MODEL_METADATA_PROPS, &prop);
}

static int add_metadata(struct proto *out, const struct cohort *cohort)
{
	json_t *features = model_file_features(cohort->plan);
	char *text = json_dumps(features, JSON_COMPACT);

	json_decref(features);
	if (!text)
		return -1;
	add_prop(out, "features", text);
	add_prop(out, "plan", cohort->plan->name);
	if (cohort->plan->scale == PLAN_SCALE_SITE)
		add_prop(out, "standardise", "each row by its site, before");
	free(text);
	return 0;
}

int onnx_encode(const struct cohort *cohort, const struct model *model, uint8_t **out,
		size_t *out_len)
{
	struct chain chain = { .at = "row" };
	struct proto file = { 0 }, opset = { 0 };
	size_t layer;

	proto_text(&chain.graph, GRAPH_NAME, model->run->name);
	if (cohort->plan->scale != PLAN_SCALE_SITE)
		add_scaler(&chain, &cohort->site[0].scaler);
	for (layer = 0; layer <= model->net.hidden; layer++)
		add_layer(&chain, model, layer);
	finish_graph(&chain, &model->net);
	proto_number(&file, MODEL_IR_VERSION, IR_VERSION);
	proto_text(&file, MODEL_PRODUCER_NAME, "ward-train");
	proto_message(&file, MODEL_GRAPH, &chain.graph);
	proto_number(&opset, OPSET_VERSION, OPSET);
	proto_message(&file, MODEL_OPSET_IMPORT, &opset);
	if (add_metadata(&file, cohort) || file.failed) {
		proto_free(&file);
		return -ENOMEM;
	}
	*out = file.data;
	*out_len = file.len;
	return 0;
}
