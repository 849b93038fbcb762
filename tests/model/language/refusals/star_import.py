from shootdown.model import *
