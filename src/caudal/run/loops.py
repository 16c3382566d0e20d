"""A loop in a specialised step: its body as nodes, cut into what repeats on what it made itself (a scan over the iterations) and
what doesn't (one product over all iterations), and its lowering."""

import itertools

import numpy as np

from ..backend import compiled
from ..graph.opdef import OpDef, lookup, parse, wants
from ..ground import dtypes
from .classify import arithmetic, is_plain
from .lowering import lower_nodes
from .pointwise import InPlace, join
from .rewrite import constant, needed
from .segments import Segment
from .specialise import Node, parameter

__all__ = ["LOOP", "Body", "Places"]

_OVER_ALL = frozenset(  # what may be done for all iterations at once
    """MatMul BatchMatMul BatchMatMulV2 BiasAdd Add AddV2 AddN Sub Mul RealDiv Div Neg Square Sqrt Rsqrt Exp Log Log1p Abs Sign
    Maximum Minimum Sigmoid Tanh Relu Relu6 Elu Softplus Softsign SigmoidGrad TanhGrad ReluGrad Relu6Grad EluGrad SoftplusGrad
    SqrtGrad RsqrtGrad InvGrad Inv Reciprocal ConcatV2 Concat Slice Split SplitV Reshape Transpose ExpandDims Squeeze Pack Unpack
    Cast Select Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr LogicalNot ZerosLike OnesLike Sum Mean
    Max Min Softmax LogSoftmax GatherV2 Pow SquaredDifference BiasAddGrad Tile""".split()
)


class Places:
    """A sequence in an array: iteration i's value is `array[start + step * i]` along `axis`; step is 1 or -1."""

    def __init__(self, array, axis=0, start=0, step=1):
        self.array, self.axis, self.start, self.step = array, axis, start, step

    def at(self, B, i):
        """The value of iteration `i`, a traced number."""
        return B.take_one(self.array, self.start + self.step * i, self.axis)

    def in_order(self, B, times):
        """The values of all iterations along axis 0."""
        return B.moveaxis(self.whole(B, times), self.axis, 0)

    def whole(self, B, times):
        """The array with the values of all iterations along `axis`, and no others, in order."""
        low = self.start if self.step == 1 else self.start - times + 1
        x = B.within(self.array, low, low + times, self.axis)
        return x if self.step == 1 else B.flip(x, self.axis)


class Body:
    """What one iteration does. Equal bodies have equal `code`.

    Args:
      nodes: in order; their tensors are the body's own.
      fixed: tensors that are the same in every iteration.
      sequences: tensors that each iteration is given its own value of.
      carries: (tensor, tensor that holds its next value) for each that comes from the iteration before.
      outs: tensors whose values in every iteration are asked for.
    """

    def __init__(self, nodes, fixed, sequences, carries, outs):
        self.fixed, self.sequences, self.carries, self.outs = fixed, sequences, carries, outs
        self.nodes = _apart(nodes, self)
        segment = Segment(self.nodes, lambda op: False)
        numbers = {id(t): ("fixed", k) for k, t in enumerate(fixed)}
        numbers |= {id(t): ("sequence", k) for k, t in enumerate(sequences)}
        numbers |= {id(t): ("carry", k) for k, (t, _) in enumerate(carries)}
        self.code = (
            segment.code,
            tuple(numbers[id(t)] for t in segment.params),
            tuple(segment.place.get(id(t)) or numbers[id(t)] for _, t in carries),
            tuple(segment.place[id(t)] for t in outs),
        )
        self.flops = arithmetic(self.nodes)

    def __eq__(self, other):
        return type(other) is Body and self.code == other.code

    def __hash__(self):
        return hash(self.code)


class _Wiring:
    """Which node of a body takes what of which: the groups of nodes that hang on each other in a circle.

    Attributes:
      takes: for each node, (number of a node, whether in the iteration before).
      group: for each node, the number of its group; a group comes after all that it takes from.
      circular: for each group, whether its nodes hang on themselves.
    """

    def __init__(self, nodes, carries):
        maker = {id(t): k for k, node in enumerate(nodes) for t in node.outputs}
        before = {id(t): maker.get(id(source)) for t, source in carries}
        self.takes = []
        for node in nodes:
            here = {(maker[id(t)], False) for t in node._inputs if id(t) in maker}
            here |= {(before[id(t)], True) for t in node._inputs if before.get(id(t)) is not None}
            self.takes.append(sorted(here))
        self.group = _circles([[k for k, _ in here] for here in self.takes])
        size = [0] * (max(self.group, default=-1) + 1)
        for g in self.group:
            size[g] += 1
        own = {self.group[k] for k, here in enumerate(self.takes) if any(j == k for j, _ in here)}
        self.circular = [n > 1 or g in own for g, n in enumerate(size)]


def _circles(takes):
    """For each node the number of its strongly connected group, numbered so that groups come after what they take (Tarjan 1972)."""
    n = len(takes)
    order, low, group = [-1] * n, [0] * n, [-1] * n
    stack, count, groups = [], 0, 0
    for root in range(n):
        walk = [(root, 0)] if order[root] < 0 else []
        while walk:
            k, i = walk.pop()
            if i == 0:
                order[k] = low[k] = count
                count += 1
                stack.append(k)
            if i < len(takes[k]):
                walk.append((k, i + 1))
                if order[takes[k][i]] < 0:
                    walk.append((takes[k][i], 0))
                continue
            for j in takes[k]:
                if group[j] < 0:
                    low[k] = min(low[k], low[j])
            if low[k] == order[k]:
                while group[k] < 0:
                    group[stack.pop()] = groups
                groups += 1
    return group


def _apart(nodes, body):
    """The nodes with products taken apart where a part hangs on the iteration before and another doesn't.

    `[x, h] W` is `x W1 + h W2`: the first product is then one over all iterations. `(g W')[:, a:b]` is `g W[a:b]'`.
    """
    wiring = _Wiring(nodes, body.carries)
    fixed, outs = set(map(id, body.fixed)), set(map(id, body.outs)) | {id(t) for _, t in body.carries}
    maker = {id(t): k for k, node in enumerate(nodes) for t in node.outputs}
    maker |= {id(t): maker[id(source)] for t, source in body.carries if id(source) in maker}
    users = {}
    for k, node in enumerate(nodes):
        for t in node._inputs:
            users.setdefault(id(t), []).append(k)
    out, replaced = [], set()
    for k, node in enumerate(nodes):
        circular = wiring.circular[wiring.group[k]]
        if k in replaced:
            continue
        if not circular or node._def.name != "MatMul" or node.attrs["transpose_a"] or id(node._inputs[1]) not in fixed:
            out.append(node)
            continue
        if node.attrs["transpose_b"]:
            slices = users.get(id(node.outputs[0]), [])
            if id(node.outputs[0]) not in outs and all(_cuts_columns(nodes[j]) for j in slices):
                for j in slices:
                    replaced.add(j)
                    out += _narrowed(node, nodes[j])
                continue
        elif (join := node._inputs[0].op)._def.name == "ConcatV2" and _along_columns(join):
            own = [_is_in(t, maker, wiring, wiring.group[k]) for t in join._inputs[:-1]]
            if any(own) and not all(own):
                out += _summed(node, join, own)
                continue
        out.append(node)
    return needed(out, outs)


def _is_in(tensor, maker, wiring, group):
    return id(tensor) in maker and wiring.group[maker[id(tensor)]] == group


def _along_columns(join):
    return join._inputs[-1].op._def.name == "Const" and int(join._inputs[-1].op.attrs["value"]) in (1, -1)


def _cuts_columns(node):
    """Whether a node takes whole columns of a matrix."""
    if node._def.name != "Slice" or any(t.op._def.name != "Const" for t in node._inputs[1:]):
        return False
    begin, dims = node._inputs[1].op.attrs["value"], node._inputs[0].dims
    return begin[0] == 0 and node.outputs[0].dims[0] == dims[0]


def _narrowed(product, cut):
    """Nodes for some columns of a product with a transposed matrix."""
    begin, size = int(cut._inputs[1].op.attrs["value"][1]), cut.outputs[0].dims[1]
    rows = _rows(product, product._inputs[1], begin, size)
    made = Node(cut.source, product._def, [product._inputs[0], rows.outputs[0]], product.attrs, [cut.outputs[0]._dtype])
    _stands_for(made, cut)
    return [rows, made]


def _summed(product, join, own):
    """Nodes for the product of a joined matrix as a sum; the terms that hang on the iteration before come last."""
    out, terms, begin = [], {}, 0
    for k, t in enumerate(join._inputs[:-1]):
        rows = _rows(product, product._inputs[1], begin, t.dims[1])
        term = Node(product.source, product._def, [t, rows.outputs[0]], product.attrs, [t._dtype])
        term.outputs[0].dims = product.outputs[0].dims
        out += [rows, term]
        terms[k] = term.outputs[0]
        begin += t.dims[1]
    order = sorted(terms, key=lambda k: own[k])
    attrs = {"N": len(order), "T": product.attrs["T"]}
    free = [terms[k] for k in order if not own[k]]
    if len(free) > 1:
        first = Node(product.source, lookup("AddN"), free, attrs | {"N": len(free)}, [free[0]._dtype])
        first.outputs[0].dims = product.outputs[0].dims
        out.append(first)
        free = [first.outputs[0]]
    terms = [*free, *(terms[k] for k in order if own[k])]
    made = Node(product.source, lookup("AddN"), terms, attrs | {"N": len(terms)}, [terms[0]._dtype])
    _stands_for(made, product)
    return [*out, made]


def _rows(node, matrix, begin, size):
    """A node that takes rows of a matrix."""
    columns = matrix.dims[1]
    places = [constant(node, [begin, 0]), constant(node, [size, columns])]
    attrs = {"T": node.attrs["T"], "Index": places[0]._dtype}
    made = Node(node.source, lookup("Slice"), [matrix, *places], attrs, [matrix._dtype.base_dtype])
    made.outputs[0].dims = (size, columns)
    return made


def _stands_for(made, node):
    """Gives a new node the tensors of another."""
    made.outputs = node.outputs
    for tensor in made.outputs:
        tensor.op = made


# --- stages --------------------------------------------------------------------------------------


def _stages(body):
    """The body's nodes as a list of (kind, nodes), each after all that it takes: "once", then by turns "all" and "scan"."""
    nodes, wiring = body.nodes, _Wiring(body.nodes, body.carries)
    given = {id(t) for t in (*body.sequences, *(t for t, _ in body.carries))}
    stage = [0] * len(nodes)
    by_group = sorted(range(len(nodes)), key=lambda k: wiring.group[k])
    once, groups = set(), {}
    for k in by_group:
        groups.setdefault(wiring.group[k], []).append(k)
    for group, members in groups.items():
        scans = wiring.circular[group] or nodes[members[0]]._def.name not in _OVER_ALL
        sources = [(j, late) for k in members for j, late in wiring.takes[k] if wiring.group[j] != group]
        alone = not any(id(t) in given for k in members for t in nodes[k]._inputs)
        if alone and not wiring.circular[group] and all(j in once for j, _ in sources):
            once |= set(members)
            continue
        least = 1 if scans else 0
        for j, late in sources:
            if j not in once:
                from_scan = stage[j] % 2 == 1
                step = (0 if from_scan else 1) if scans else 1 if from_scan else 2 if late else 0
                least = max(least, stage[j] + step)
        for k in members:
            stage[k] = least
    out = [("once", [nodes[k] for k in sorted(once)])]
    for s in sorted({stage[k] for k in range(len(nodes)) if k not in once}):
        out.append(("scan" if s % 2 else "all", [nodes[k] for k in range(len(nodes)) if k not in once and stage[k] == s]))
    return out


def _runs(nodes, wanted):
    """The nodes in another order: few runs of plain ones, which have even stages, with the products between them.

    Args:
      nodes: of a scan.
      wanted: ids of tensors that are asked for from outside.

    Returns:
      a list of (nodes, whether they are plain, ids of their outputs that are taken after them).
    """
    stage, at = {}, {}
    for node in nodes:
        own = is_plain(node)
        before = (at[id(t)] for t in node._inputs if id(t) in at)
        stage[id(node)] = max((s + (s % 2 == own) for s in before), default=0 if own else 1)
        at |= dict.fromkeys(map(id, node.outputs), stage[id(node)])
    order = sorted(nodes, key=lambda node: stage[id(node)])
    runs, wanted = [], set(wanted)
    for s, part in reversed([(s, list(part)) for s, part in itertools.groupby(order, key=lambda node: stage[id(node)])]):
        runs.append((part, s % 2 == 0, [id(t) for node in part for t in node.outputs if id(t) in wanted]))
        wanted |= {id(t) for node in part for t in node._inputs}
    return runs[::-1]


class _Run:
    """The lowering of one loop: what is known of each tensor of the body.

    Attributes:
      one: id of tensor -> its value, the same in every iteration.
      many: id of tensor -> `Places` of its values.
    """

    def __init__(self, B, body, times, args, places):
        self.B, self.body, self.times = B, body, times
        count = len(body.fixed)
        self.one = dict(zip(map(id, body.fixed), args[:count], strict=True))
        arrays = args[count : count + len(body.sequences)]
        self.many = {id(t): Places(x, *place) for t, x, place in zip(body.sequences, arrays, places, strict=True)}
        self.first = {id(t): B.asarray(x) for (t, _), x in zip(body.carries, args[count + len(body.sequences) :], strict=True)}
        self.source = {id(t): source for t, source in body.carries}
        stages = _stages(body)
        for k, (kind, nodes) in enumerate(stages):
            later = {id(t) for _, part in stages[k + 1 :] for node in part for t in node._inputs}
            later |= {id(self.source[t]) for t in later if t in self.source} | set(map(id, body.outs))
            outs = [t for node in nodes for t in node.outputs if id(t) in later]
            getattr(self, kind)(nodes, outs)

    def outs(self):
        """The values in all iterations of what is asked for, along axis 0."""
        return [self._whole(t) for t in self.body.outs]

    def once(self, nodes, outs):
        """Lowers what is the same in every iteration."""
        lower_nodes(nodes, self.one, None, {})

    def all(self, nodes, outs):
        """Lowers what hangs on no iteration before, for all at once."""
        made = {id(t) for node in nodes for t in node.outputs}
        taken = list(dict.fromkeys(id(t) for node in nodes for t in node._inputs if self._varies(t) and id(t) not in made))
        places = [self._places(t) for t in taken]

        def step(*values):
            env = self.one | dict(zip(taken, values, strict=True))
            lower_nodes(nodes, env, None, {})
            return [env[id(t)] for t in outs]

        arrays = [p.whole(self.B, self.times) for p in places]
        values = self.B.over(step, [p.axis for p in places], self.times)(*arrays)
        self._keep(outs, values)

    def scan(self, nodes, outs):
        """Lowers what hangs on the iteration before."""
        made = {id(t) for node in nodes for t in node.outputs}
        inputs = list(dict.fromkeys(id(t) for node in nodes for t in node._inputs if self._varies(t) and id(t) not in made))
        carried = [t for t in inputs if t in self.source and id(self.source[t]) in made]
        taken = [t for t in inputs if t not in carried]
        places = [self._places(t) for t in taken]

        after = [id(self.source[t]) for t in carried]
        inplace = self._in_place(nodes, dict(zip(taken, places, strict=True)), outs)
        nodes = join(nodes, set(after), inplace)
        wholes = {id(inplace.sequences[t][0]): p.array for t, p in zip(taken, places, strict=True) if t in inplace.sequences}
        stacks = {t: inplace.written[id(t)] for t in outs if id(t) in inplace.written}
        outs = [t for t in outs if t not in stacks]
        runs, packed = _runs(nodes, {*after, *map(id, outs)}), self._packed(nodes)
        used = {id(t) for node in nodes for t in node._inputs}
        before = [*carried, *(id(t) for t, _ in stacks.values())]
        after += [id(t) for _, t in stacks.values()]

        def step(carry, i):
            env = self.one | wholes | dict(zip(before, carry, strict=True)) | {id(inplace.index): i}
            env |= {t: p.at(self.B, i) for t, p in zip(taken, places, strict=True) if t in used}
            for part, as_kernel, later in runs:
                self._as_kernel(part, env, later) if as_kernel else self._one_by_one(part, env, packed)
            return [env[t] for t in after], [env[id(t)] for t in outs]

        first = [self.first[t] for t in carried] + [self.B.unset((self.times, *t.dims), t._dtype.np) for t in stacks]
        carry, values = self.B.scan(step, first, self.B.arange(self.times, dtype=np.int32))
        self._keep(outs, values)
        self._keep(stacks, carry[len(carried) :])

    def _in_place(self, nodes, places, outs):
        """What kernels may read and write in place: sequences whose values are rows of arrays, and what is asked for."""
        arrays = {
            t: (parameter(nodes[0], dtypes.float32, p.array.shape), p.start, p.step)
            for t, p in places.items()
            if p.axis == 0 and p.array.dtype == np.float32
        }
        return InPlace(parameter(nodes[0], dtypes.int32, ()), arrays, set(map(id, outs)))

    def _packed(self, nodes):
        """For products with what is the same in every iteration, id of node -> (id of that, what stands for it)."""
        found = {}
        for node in nodes:
            if node._def.name == "MatMul" and id(node._inputs[1]) in self.one and node._inputs[0].dims is not None:
                x, key = node._inputs[0], id(node._inputs[1])
                like = self.B.blank(x.dims, x._dtype.np)
                turns = node.attrs["transpose_a"], node.attrs["transpose_b"]
                found[id(node)] = key, self.B.packed(like, self.one[key], *turns)
        return found

    def _one_by_one(self, nodes, env, packed):
        """Lowers products and what else is no part of a kernel."""
        for node in nodes:
            key, factor = packed.get(id(node), (None, None))
            inner = env if key is None else env | {key: factor}
            lower_nodes([node], inner, None, {})
            env |= {id(t): inner[id(t)] for t in node.outputs}

    def _as_kernel(self, nodes, env, outs):
        """Lowers nodes as one kernel, which gives `outs`, ids of tensors; its arguments are what only the run knows."""
        taken = dict.fromkeys(id(t) for node in nodes for t in node._inputs if id(t) in env)
        taken = [k for k in taken if not self.B.is_known(env[k])]

        def run(*values):
            inner = env | dict(zip(taken, values, strict=True))
            lower_nodes(nodes, inner, None, {})
            return [inner[k] for k in outs]

        env |= zip(outs, self.B.one_kernel(run)(*(env[k] for k in taken)), strict=True)

    def _varies(self, tensor):
        return tensor.op._def.name != "Const" and id(tensor) not in self.one

    def _keep(self, outs, values):
        self.many |= {id(t): Places(x) for t, x in zip(outs, values, strict=True)}

    def _places(self, key):
        """Where the values of a tensor are, in order; those of a carry are those of its source, one iteration late."""
        if key in self.many:
            return self.many[key]
        source, first = id(self.source[key]), self.first[key]
        if source in self.one:
            before = self.B.broadcast_to(self.one[source], (self.times, *first.shape))
        else:
            before = self.many[source].in_order(self.B, self.times)
        self.many[key] = Places(self.B.concatenate([first[None], before[:-1]], 0))
        return self.many[key]

    def _whole(self, tensor):
        if id(tensor) in self.one:
            x = self.one[id(tensor)]
            return self.B.broadcast_to(x, (self.times, *x.shape))
        return self.many[id(tensor)].in_order(self.B, self.times)


def _loop():
    made: OpDef = parse(
        "RolledLoop(args: Targs) -> (ys: Ts) [Targs: list(type); Ts: list(type); body: func; times: int; places: func]"
    )

    def lower(B, *args, body, times, places):
        return _Run(compiled, body, times, args, places).outs()

    made.lower, made.lower_wants = lower, wants(lower)
    return made


LOOP = _loop()
