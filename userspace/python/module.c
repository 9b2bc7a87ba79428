// SPDX-License-Identifier: MIT
/* The module: its functions, its types, and the ABI's numbers that are no words. */
#include "wardpy.h"

static const struct {
	const char *name;
	long value;
} numbers[] = {
	{ "BUF_SHARED", WARD_BUF_SHARED },
	{ "BUF_LAZY", WARD_BUF_LAZY },
	{ "BUF_POPULATE", WARD_BUF_POPULATE },
	{ "BUF_WAIT", WARD_BUF_WAIT },
	{ "PURPOSE_RELEASE", WARD_PURPOSE_RELEASE },
	{ "PURPOSE_CHANNEL", WARD_PURPOSE_CHANNEL },
	{ "PURPOSE_RECEIPT", WARD_PURPOSE_RECEIPT },
	{ "PURPOSE_SEAL", WARD_PURPOSE_SEAL },
	{ "PURPOSE_REPORT", WARD_PURPOSE_REPORT },
	{ "STATE_SEALED", WARD_STATE_SEALED },
	{ "STATE_REVOKED", WARD_STATE_REVOKED },
	{ "STATE_EXPIRED", WARD_STATE_EXPIRED },
	{ "FEATURE_ATTEST", WARD_FEATURE_ATTEST },
	{ "FEATURE_HUGE", WARD_FEATURE_HUGE },
	{ "FEATURE_NO_GUP", WARD_FEATURE_NO_GUP },
	{ "FEATURE_AGENT", WARD_FEATURE_AGENT },
	{ "FEATURE_KEYS", WARD_FEATURE_KEYS },
	{ "RECORDS_NONE", RECORDS_NONE },
	{ "RECORDS_WHOLE", RECORDS_WHOLE },
	{ "RECORDS_DIGESTS", RECORDS_DIGESTS },
};

static PyMethodDef functions[] = {
	{ "fetch", (PyCFunction)(void (*)(void))broker_fetch, METH_VARARGS | METH_KEYWORDS, NULL },
	{ "verify", (PyCFunction)(void (*)(void))verify_bundle, METH_VARARGS | METH_KEYWORDS, NULL },
	{ 0 },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "ward._ward",
	.m_doc = "libward and libwardverify; use the package ward.",
	.m_size = -1,
	.m_methods = functions,
};

static int fill(PyObject *module)
{
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (PyModule_AddIntConstant(module, numbers[i].name, numbers[i].value))
			return -1;
	if (PyModule_AddStringConstant(module, "VERSION", WARD_VERSION))
		return -1;
	if (error_init(module) || session_init(module) || buffer_init(module) || key_init(module))
		return -1;
	return dataset_init(module) || arena_init(module) ? -1 : 0;
}

PyMODINIT_FUNC PyInit__ward(void);
PyMODINIT_FUNC PyInit__ward(void)
{
	PyObject *module = PyModule_Create(&definition);

	if (module && fill(module)) {
		Py_DECREF(module);
		return NULL;
	}
	return module;
}
