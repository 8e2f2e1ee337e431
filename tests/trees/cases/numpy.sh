# packages: python3-numpy
python3 <<'X'
import numpy as np
a = np.array([[(i * 7 + j * 3) % 11 + (20 if i == j else 0) for j in range(60)] for i in range(60)], dtype=float)
x = np.linalg.solve(a, np.arange(60.0)); print(np.allclose(a @ x, np.arange(60.0)), round(float(np.linalg.det(a / 20)), 6), np.round(x[:3], 9))
print(np.round(np.fft.fft(np.arange(8))[:3], 6), np.arange(1e6).sum(), np.sort((np.arange(1000) * 7919) % 1009)[:5], np.round(np.sin(np.linspace(0, 1, 5)), 12))
print(np.float16(1 / 3), np.int8(127) + np.int8(1) if False else 'x', (np.arange(10, dtype=np.uint8) << 6), np.dot(np.ones(1000, np.float32), np.ones(1000, np.float32)), np.round(np.linalg.eigvalsh(a + a.T)[-2:], 6), np.linalg.matrix_rank(a))
X
