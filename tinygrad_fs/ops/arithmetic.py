import numpy as np
from tinygrad_fs.op import Op
class Multiply(Op):
    """y = x * y"""
    broadcasts = True
    def forward(x, y): return np.multiply(x, y)
    def vjp_x(g, y): return g * y
    def vjp_y(g, x): return g * x
class Tanh(Op):
    def forward(x): return np.tanh(x)
    def vjp(g, out): return g * (1.0 - out * out)
