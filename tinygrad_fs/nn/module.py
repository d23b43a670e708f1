"""Module: something that computes, and the parameters, buffers and modules that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import numpy as np

from tinygrad_fs.dtypes import DTypeLike
from tinygrad_fs.graph import HookHandle
from tinygrad_fs.nn.hooks import ModuleHooks, watched
from tinygrad_fs.nn.parameter import Parameter
from tinygrad_fs.nn.state import IncompatibleKeys, load
from tinygrad_fs.othernames import Absent
from tinygrad_fs.tensor import Tensor
from tinygrad_fs.watching import watchers

if TYPE_CHECKING:
    from tinygrad_fs.viz import Graph

__all__ = ["Module"]

_M = TypeVar("_M", bound="Module")


class Kind(Enum):
    """What a registered attribute is."""

    PARAMETER = "parameter"
    BUFFER = "buffer"
    UNSAVED = "buffer outside of the state"
    MODULE = "module"


_IN_MEMORY = "leave it out; a module is in the host's memory"

_BUFFERS = (Kind.BUFFER, Kind.UNSAVED)
_SAVED = (Kind.PARAMETER, Kind.BUFFER)


class _NotSetUp:
    """Stands for the registry until `Module.__init__` has run."""

    def __get__(self, module: Module | None, owner: type[Module]) -> NoReturn:
        raise AttributeError(f"{owner.__name__}: the module was not set up; call super().__init__() first in __init__")


class Module:
    """The base of all layers and models.

    A subclass calls ``super().__init__()``, assigns its parameters and modules as attributes, and defines
    ``forward``. Assigning a `Parameter` or a `Module` registers it, and the order of definition is the order in
    which everything is listed. The attribute itself is an ordinary one: the module only remembers its name and kind.

    Attributes
    ----------
    training : bool
        Whether layers that behave differently in training (dropout, batch normalisation) are to train.

    Examples
    --------
    >>> import tinygrad_fs as tg
    >>> from tinygrad_fs import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = nn.Linear(4, 8)
    ...         self.output = nn.Linear(8, 2, bias=False)
    ...
    ...     def forward(self, x):
    ...         return self.output(self.hidden(x).relu())
    >>> net = Net()
    >>> net
    Net(
      (hidden): Linear(in_features=4, out_features=8, bias=True)
      (output): Linear(in_features=8, out_features=2, bias=False)
    )
    >>> [name for name, _ in net.named_parameters()]
    ['hidden.weight', 'hidden.bias', 'output.weight']
    >>> net(tg.tensor([[1.0, 2.0, 3.0, 4.0]])).shape
    (1, 2)
    """

    training: bool = True
    _hooks: ModuleHooks | None = None
    _registered: dict[str, Kind] = _NotSetUp()  # type: ignore[assignment]

    def __init__(self) -> None:
        self.__dict__["_registered"] = {}
        self.training = True

    # ---- computing

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute: what `forward` returns for the same arguments, after and before the hooks that there are."""
        if watchers:
            return watched(self, args, kwargs)
        if self._hooks is not None:
            return self._hooks.call(self.forward, self, args, kwargs)
        return self.forward(*args, **kwargs)

    def _forward_missing(self, *_: Any, **__: Any) -> Any:
        """What the module computes; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__}: define `def forward(self, x): ...` in the class")

    # Declared as a value, so that a subclass may give it any signature.
    forward: Callable[..., Any] = _forward_missing

    def _check_dtype(self, x: Any, parameter: Tensor) -> None:
        """Raise if the input and the parameters differ in dtype: NumPy would promote, silently and slowly."""
        given, own = getattr(x, "dtype", None), parameter.dtype
        if given is own or given is None or given == own:
            return
        module = f", or the module with .to('{given}')" if np.dtype(given).kind == "f" else ""
        raise TypeError(
            f"{type(self).__name__}({self.extra_repr()}): the input has dtype {given}, the parameters have {own}; "
            f"convert the input with x.astype('{own}'){module}"
        )

    def _check_ints(self, **sizes: Any) -> None:
        """Raise if one of the sizes that the module is made with is no integer."""
        for name, size in sizes.items():
            if not isinstance(size, (int, np.integer)):
                raise TypeError(f"{type(self).__name__}: {name}={size!r} must be an int")

    def graph(self, *inputs: Any, names: Any = None, **options: Any) -> Graph:
        """Draw what the module does with inputs: its ops, each in the box of the module that ran it.

        The module is called once. Its buffers and the default random numbers are put back to what they were.

        Parameters
        ----------
        *inputs
            What to call it with.
        names : mapping of str to Tensor, or Module, optional
            Names for any tensors; by default inputs have those of the arguments of `forward`.
        **options
            Those of `viz.graph`.

        Raises
        ------
        TypeError
            If the module returns no Tensor.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> net = tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.ReLU(), tg.nn.Linear(8, 2))
        >>> net.graph(tg.ones((5, 4)))
        <Graph: 3 ops, 4 leaves, 1 input, 7 edges, 4 modules>
        """
        from tinygrad_fs.viz.record import graph_of_call  # drawings stand beside all of this; nothing here needs them

        return graph_of_call(self, inputs, names, options)

    # ---- hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Run ``hook(module, args)`` before `forward` whenever the module is called.

        Parameters
        ----------
        hook : callable
            Takes the module and the tuple of positional arguments. What it returns, if not None, takes their place.
        prepend : bool, default False
            Run it before those that are registered.
        with_kwargs : bool, default False
            Call ``hook(module, args, kwargs)``, which returns None or (args, kwargs).

        Returns
        -------
        HookHandle
            Its `remove()` takes the hook off again.

        Raises
        ------
        TypeError
            If `hook` is no function.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> relu = tg.nn.ReLU()
        >>> handle = relu.register_forward_pre_hook(lambda module, args: args[0] * 10)
        >>> relu(tg.tensor([-1.0, 2.0]))
        tensor([ 0., 20.])
        >>> handle.remove()
        """
        return self._own_hooks().add_before(hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Run ``hook(module, args, output)`` after `forward` whenever the module is called.

        Parameters
        ----------
        hook : callable
            Takes the module, the tuple of positional arguments and the output. What it returns, if not None, takes
            the place of the output.
        prepend : bool, default False
            Run it before those that are registered.
        with_kwargs : bool, default False
            Call ``hook(module, args, kwargs, output)``.

        Returns
        -------
        HookHandle
            Its `remove()` takes the hook off again.

        Raises
        ------
        TypeError
            If `hook` is no function.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> relu, shapes = tg.nn.ReLU(), []
        >>> handle = relu.register_forward_hook(lambda module, args, output: shapes.append(output.shape))
        >>> y = relu(tg.zeros((2, 3)))
        >>> shapes
        [(2, 3)]
        """
        return self._own_hooks().add_after(hook, prepend, with_kwargs)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Run ``hook(module, grad_input, grad_output)`` when backward has been through a call of the module.

        Parameters
        ----------
        hook : callable
            Takes the module, and two tuples: the gradients of the positional arguments, None for those without, and
            those of the outputs. What it returns, if not None, takes the place of the first.
        prepend : bool, default False
            Run it before those that are registered.

        Returns
        -------
        HookHandle
            Its `remove()` takes the hook off for calls to come.

        Raises
        ------
        TypeError
            If `hook` is no function.

        Notes
        -----
        The output of the module is then a view, which is not to be written into. Gradients cannot be changed in place.
        Where no argument needs a gradient, the hook runs once those of the outputs are known.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> layer, seen = tg.nn.Linear(3, 2), []
        >>> handle = layer.register_full_backward_hook(lambda module, inputs, outputs: seen.append(outputs[0]))
        >>> layer(tg.ones((1, 3))).sum().backward()
        >>> seen
        [tensor([[1., 1.]])]
        """
        return self._own_hooks().add_after_backward(hook, prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Run ``hook(module, grad_output)`` when backward comes to a call of the module.

        As `register_full_backward_hook`; what the hook returns, if not None, takes the place of the gradients of the
        outputs.

        Examples
        --------
        >>> import tinygrad_fs as tg
        >>> relu, x = tg.nn.ReLU(), tg.ones(2, requires_grad=True)
        >>> handle = relu.register_full_backward_pre_hook(lambda module, outputs: outputs[0] * 10)
        >>> relu(x).sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        return self._own_hooks().add_before_backward(hook, prepend)

    def _own_hooks(self) -> ModuleHooks:
        if self._hooks is None:
            self._hooks = ModuleHooks()
        return self._hooks

    # ---- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        kind = _kind_of(value)
        registered = self.__dict__.get("_registered")
        if registered is not None:
            held = registered.get(name)
            if held is not None and kind is not Kind.PARAMETER:
                self._check_assignment(name, value, held)
            if kind is not None:
                self._register(name, kind)
        elif kind is not None:
            raise AttributeError(
                f"{type(self).__name__}.{name}: a {kind.value} was assigned before the module was set up; "
                "call super().__init__() first in __init__"
            )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self.__dict__.get("_registered", {}).pop(name, None)

    def _register(self, name: str, kind: Kind) -> None:
        """Note the kind; one of the same kind keeps its place in the order."""
        if self._registered.get(name) is not kind:
            self._registered.pop(name, None)
            self._registered[name] = kind

    def _check_assignment(self, name: str, value: Any, held: Kind) -> None:
        """Raise if `value`, no Parameter, cannot take the place of what is registered under `name`."""
        wanted, accepted = _ACCEPTS[held]
        if value is not None and not isinstance(value, accepted):
            raise TypeError(
                f"{type(self).__name__}.{name}: a {type(value).__name__} cannot be assigned, since {name!r} is a "
                f"{held.value} ({wanted} or None is expected); `del` the attribute first to use the name otherwise"
            )

    def _check_new(self, name: str, *kinds: Kind) -> None:
        """Raise if `name` cannot be registered as something of these kinds."""
        kind = kinds[0]
        if not isinstance(name, str):
            raise TypeError(f"{type(self).__name__}: the name of a {kind.value} is a str, not {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f"{type(self).__name__}: {name!r} cannot name a {kind.value}; no dots, and not empty")
        if hasattr(self, name) and self._registered.get(name) not in kinds:
            raise KeyError(f"{type(self).__name__}: attribute {name!r} already exists; choose another name")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under `name`; None stands for one that is not used, as the bias of ``bias=False``.

        Raises
        ------
        TypeError
            If `param` is not a Parameter.
        KeyError
            If the name is empty, has a dot or is taken.
        """
        self._check_new(name, Kind.PARAMETER)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"{type(self).__name__}.register_parameter: {name!r} is a {type(param).__name__}; "
                "wrap it: nn.Parameter(tensor)"
            )
        self._register(name, Kind.PARAMETER)
        object.__setattr__(self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a Tensor that belongs to the module and is not learned, as a running mean.

        Parameters
        ----------
        name : str
            The name of the attribute.
        tensor : Tensor or None
            Its value.
        persistent : bool, default True
            Whether it is part of `state_dict()`.

        Raises
        ------
        TypeError
            If `tensor` is not a Tensor.
        KeyError
            If the name is empty, has a dot or is taken.
        """
        kind = Kind.BUFFER if persistent else Kind.UNSAVED
        self._check_new(name, *_BUFFERS)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"{type(self).__name__}.register_buffer: {name!r} is a {type(tensor).__name__}; "
                "wrap it: tg.tensor(values)"
            )
        self._register(name, kind)
        object.__setattr__(self, name, tensor)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under `name`, which need not be an identifier.

        Raises
        ------
        TypeError
            If `module` is not a Module.
        KeyError
            If the name is empty, has a dot or is taken.
        """
        self._check_new(name, Kind.MODULE)
        if module is not None and not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__}.add_module: {name!r} is a {type(module).__name__}, not an nn.Module"
                f"{_made(module)}"
            )
        self._register(name, Kind.MODULE)
        object.__setattr__(self, name, module)

    register_module = add_module

    # ---- what it is made of

    def _own(self, *kinds: Kind) -> Iterator[tuple[str, Any]]:
        """The registered attributes of these kinds that are not None."""
        for name, kind in list(self._registered.items()):
            if kind in kinds and (value := self.__dict__.get(name)) is not None:
                yield name, value

    def _walk(
        self, kinds: tuple[Kind, ...], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        """The registered attributes of these kinds, here and in all modules below."""
        seen = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else ((prefix, self),)
        for path, module in modules:
            for name, value in module._own(*kinds):
                if remove_duplicate and value in seen:
                    continue
                seen.add(value)
                yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names, in order of definition; a shared one once, by its first name."""
        return self._walk((Kind.PARAMETER,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters in order of definition, each once."""
        return (value for _, value in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names, in order of definition."""
        return self._walk(_BUFFERS, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers in order of definition, each once."""
        return (value for _, value in self.named_buffers(recurse=recurse))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are direct attributes, with their names; a shared one once."""
        seen = set()
        for name, module in self._own(Kind.MODULE):
            if module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules that are direct attributes, each once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """The module itself and all below it, with their dotted names; each once, and before what it contains."""
        seen = set() if memo is None else memo
        if self in seen:
            return
        if remove_duplicate:
            seen.add(self)
        yield prefix, self
        for name, module in self._own(Kind.MODULE):
            yield from module.named_modules(seen, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """The module itself and all below it, each once."""
        return (module for _, module in self.named_modules())

    def get_submodule(self, target: str) -> Module:
        """The module with the dotted name `target`; the empty name is this module."""
        module = self
        for name in target.split(".") if target else ():
            if module._registered.get(name) is not Kind.MODULE:
                raise AttributeError(f"{type(self).__name__}: there is no module {target!r}: no {name!r} in it")
            module = module.__dict__[name]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with the dotted name `target`."""
        return self._get(target, (Kind.PARAMETER,))  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with the dotted name `target`."""
        return self._get(target, _BUFFERS)  # type: ignore[no-any-return]

    def _get(self, target: str, kinds: tuple[Kind, ...]) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if module._registered.get(name) not in kinds:
            raise AttributeError(f"{type(self).__name__}: there is no {kinds[0].value} {target!r}")
        return module.__dict__[name]

    # ---- changing all of it

    def apply(self: _M, fn: Callable[[Module], object]) -> _M:
        """Call `fn` on every module below and then on this one; returns the module.

        Examples
        --------
        >>> from tinygrad_fs import nn
        >>> def start_at_zero(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros_(module.weight)
        >>> net = nn.Sequential(nn.Linear(2, 2), nn.ReLU()).apply(start_at_zero)
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: _M, mode: bool = True) -> _M:
        """Put this module and all below it into training mode, or out of it; returns the module."""
        if not isinstance(mode, bool):
            raise ValueError(f"{type(self).__name__}.train: mode is True or False, not {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: _M) -> _M:
        """Put this module and all below it into evaluation mode; returns the module."""
        return self.train(False)

    def requires_grad_(self: _M, requires_grad: bool = True) -> _M:
        """Ask for gradients of all parameters, or freeze them; returns the module."""
        for parameter in list(self.parameters()):
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or make those that there are zero."""
        for parameter in self.parameters():
            gradient = None if set_to_none else parameter.grad
            parameter.grad = None if gradient is None else Tensor(np.zeros_like(gradient.data))

    def to(self: _M, dtype: DTypeLike) -> _M:
        """Cast all floating parameters, their gradients and all floating buffers; returns the module.

        Raises
        ------
        TypeError
            If `dtype` is not a floating dtype.
        """
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            text = str(dtype)
            remedy = (
                f"write {text.rpartition('.')[2]!r}"
                if text.startswith("torch.")
                else f"there are no devices here: leave .to({dtype!r}) out"
            )
            raise TypeError(f"{type(self).__name__}.to: {dtype!r} is no dtype; {remedy}") from None
        if wanted.kind != "f":
            raise TypeError(f"{type(self).__name__}.to: {wanted} is not a floating dtype; use float32 or float64")
        for _, tensor in list(self._walk((Kind.PARAMETER, *_BUFFERS), "", True, True)):  # all of it, or nothing
            if tensor.dtype.kind == "f" and tensor.dtype != wanted:
                gradient = tensor.grad if tensor.is_leaf else None
                tensor.data = tensor.data.astype(wanted)
                tensor.grad = None if gradient is None else Tensor(gradient.data.astype(wanted))
        return self

    def float(self: _M) -> _M:
        """Cast to float32; returns the module."""
        return self.to(np.float32)

    def double(self: _M) -> _M:
        """Cast to float64; returns the module."""
        return self.to(np.float64)

    def half(self: _M) -> _M:
        """Cast to float16; returns the module."""
        return self.to(np.float16)

    cpu, cuda = Absent("cpu", _IN_MEMORY), Absent("cuda", _IN_MEMORY)
    type, bfloat16 = Absent("type", "write to(dtype)"), Absent("bfloat16", "NumPy has no such numbers; write half()")

    # ---- state

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """All parameters and persistent buffers by their dotted names, in order of definition.

        Parameters
        ----------
        prefix : str, default ""
            Put before every name.
        keep_vars : bool, default False
            Give the parameters themselves in place of detached Tensors.

        Returns
        -------
        dict of str to Tensor
            The Tensors share memory with the module: training goes on in them. Use ``copy.deepcopy`` or
            ``tg.io.save`` to keep a state.
        """
        found = self._walk(_SAVED, "", True, False)
        return {prefix + name: tensor if keep_vars else tensor.detach() for name, tensor in found}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy a state into the parameters and buffers, in place.

        Parameters
        ----------
        state_dict : mapping of str to Tensor or array_like
            As `state_dict` returns it; of a PyTorch module of the same structure too.
        strict : bool, default True
            Whether the names have to be the same. Shapes have to fit in any case.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        RuntimeError
            If something does not fit: the message lists the missing, unexpected and mis-shaped names, and the
            module is as it was.

        Examples
        --------
        >>> from tinygrad_fs import nn
        >>> trained, fresh = nn.Linear(3, 2), nn.Linear(3, 2)
        >>> fresh.load_state_dict(trained.state_dict())
        <All keys matched successfully>
        """
        return load(type(self).__name__, self.state_dict(keep_vars=True), state_dict, strict)

    # ---- repr

    def extra_repr(self) -> str:
        """What stands between the brackets in the repr; a subclass says how it was made."""
        return ""

    def __repr__(self) -> str:
        lines = [self.extra_repr()] if self.extra_repr() else []
        modules = [(name, self.__dict__[name]) for name, kind in self._registered.items() if kind is Kind.MODULE]
        if not modules:
            return f"{type(self).__name__}({', '.join(lines)})"
        lines += [f"({name}): {module!r}" for name, module in modules]
        indented = "\n".join(lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {indented}\n)"


_ACCEPTS: dict[Kind, tuple[str, tuple[type, ...]]] = {
    Kind.PARAMETER: ("an nn.Parameter", ()),
    Kind.BUFFER: ("a Tensor", (Tensor, Module)),
    Kind.UNSAVED: ("a Tensor", (Tensor, Module)),
    Kind.MODULE: ("an nn.Module", (Module,)),
}


def _made(value: Any) -> str:
    """How something that is given in the place of a module becomes one."""
    if isinstance(value, type):
        return "; make an instance of it"
    if isinstance(value, (list, tuple)):
        return "; give the modules one by one, with a star before the list"
    return "; use the module of that name, as nn.ReLU() for F.relu" if callable(value) else ""


def _kind_of(value: Any) -> Kind | None:
    """The kind as which an assigned value registers itself."""
    if isinstance(value, Parameter):
        return Kind.PARAMETER
    return Kind.MODULE if isinstance(value, Module) else None
