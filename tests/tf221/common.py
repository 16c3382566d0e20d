"""What the programs of tests/tf221/cases share: drawn arrays, what a case gives, texts of what calls raise."""

import numpy as np

def _v(*shape, dtype='f', step=37): n = int(np.prod(shape)); return ((np.arange(n) * step % 101 - 50) / 32.).astype(dtype).reshape(shape)
def _once(fetches, **more): return fetches, dict({'runs': 1}, **more)
def _graded(tf, y, *xs): return _once([y] + tf.gradients(tf.square(y), list(xs)))
def _t(tf, *values):
    with tf.name_scope(None): return tf.constant([str(v) for v in values], name='text')
def _fails(tf, *calls):
    """Class and first line of what each call raises while the graph is made."""
    out = []
    for call in calls:
        try: out.append('taken: %s' % type(call()).__name__)
        except Exception as error: out.append('%s: %s' % (type(error).__name__, (str(error).splitlines() or [''])[0]))
    return _t(tf, *out)
def _says(tf, *calls):
    """Class of what each call raises."""
    return _t(tf, *[_fail(c) for c in calls])
def _fail(call):
    try: return 'taken: %s' % type(call()).__name__
    except Exception as error: return type(error).__name__
def _s(tf, *tensors): return _t(tf, *[(str(t.shape), t.dtype.name) for t in tensors])
