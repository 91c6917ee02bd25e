"""WeChat and WeCom: their protocols around the same questions and answers as on the page."""
