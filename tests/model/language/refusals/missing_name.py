from shootdown.model import Indx
