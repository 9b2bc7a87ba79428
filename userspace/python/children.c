// SPDX-License-Identifier: MIT
/*
 * Shared buffers in children that fork() made. The kernel copies no mapping of a buffer to
 * a child, so that a child would fault where its parent has an array. A buffer that is
 * shared may be mapped by any process of its session's uid: the child maps it anew at its
 * parent's address, before anything else runs there (os.register_at_fork()).
 */
#include "buffer.h"

#include <sys/mman.h>
#include <unistd.h>

static struct buffer *first;	/* of the process, under the GIL */

void children_remember(struct buffer *buffer)
{
	buffer->prev = NULL;
	buffer->next = first;
	if (first)
		first->prev = buffer;
	first = buffer;
}

void children_forget(struct buffer *buffer)
{
	if (buffer->prev)
		buffer->prev->next = buffer->next;
	else if (first == buffer)
		first = buffer->next;
	if (buffer->next)
		buffer->next->prev = buffer->prev;
	buffer->prev = buffer->next = NULL;
}

/* What cannot be mapped stays without memory: its use is an exception, its views fault. */
static void map_again(struct buffer *buffer)
{
	void *at = mmap(buffer->data, buffer->size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED_NOREPLACE, ward_buffer_fd(buffer->handle), 0);

	/* Kernels before 4.17 take the address for a hint. */
	if (at != MAP_FAILED && at != buffer->data)
		munmap(at, buffer->size);
	buffer->inherited = at == buffer->data;
}

static PyObject *after_fork(PyObject *module, PyObject *unused)
{
	struct buffer *buffer;

	(void)module;
	(void)unused;
	for (buffer = first; buffer; buffer = buffer->next)
		map_again(buffer);
	Py_RETURN_NONE;
}

static PyMethodDef hook = { "_after_fork", after_fork, METH_NOARGS, NULL };

int children_init(PyObject *module)
{
	PyObject *function = PyCFunction_New(&hook, NULL);
	int ret = function ? PyModule_AddObjectRef(module, "_after_fork", function) : -1;

	Py_XDECREF(function);
	return ret;
}
